/** One parcel: its label, the bookings that it left behind, and its way to the customer. */
import { assertEvent, assign, enqueueActions, fromPromise, setup, type DoneActorEvent } from 'xstate';
import { defaultDurations } from './durations.ts';
import { send, type Sent } from './send.ts';
import * as books from './shipment.books.ts';
import type { BookingInput, BookingOutcome, ShipmentContext, Transport } from './shipment.books.ts';
import type { Finding, ScanStatus, ShipmentEvent, ShipmentInput } from './shipment.events.ts';
import { labelOf, problemIn, toFulfillment } from './shipment.messages.ts';
import { trackingNumberId } from './trackingNumber.events.ts';
import * as surplus from './shipment.surplus.ts';
import type { ClearInput, ClearOutcome } from './shipment.surplus.ts';

/** Asked for a label: the address may be a newer one. */
const onAddress = [
  { guard: 'isMoving', actions: 'tellMoving', description: 'Too late for another label' },
  {
    guard: 'isNewerAddressTooMany',
    target: '.manualBooking',
    actions: [
      'leaveBooking',
      'takeAddress',
      { type: 'noteProblem', params: { problem: 'too many bookings are still to be voided' } },
    ],
  },
  { guard: 'isNewerAddress', target: '.requested', actions: ['leaveBooking', 'takeAddress'] },
  { guard: 'isBookedForIt', actions: 'tellBooked' },
  { actions: 'changeNothing', description: 'It is being booked, or the address is an older one' },
] as const;

/** Given up: nothing leads anywhere. */
const onceVoid = {
  'shipment.void': { actions: 'tellVoidAccepted' },
  'shipment.book': { actions: 'changeNothing' },
  'shipment.readdress': { actions: 'changeNothing' },
  'shipment.scan': { actions: 'changeNothing', description: 'It moved all the same' },
} as const;

/** No scan for long. */
const suspect = {
  target: 'suspectedLost',
  actions: { type: 'moveTo', params: { transport: 'suspectedLost' } },
} as const;

export const shipmentMachine = setup({
  types: {
    context: {} as ShipmentContext,
    events: {} as ShipmentEvent,
    input: {} as ShipmentInput,
    emitted: {} as Sent,
    tags: {} as 'ended',
  },
  actors: {
    book: fromPromise<BookingOutcome, BookingInput>(() => Promise.reject(new Error('no carrier'))),
    lookUp: fromPromise<BookingOutcome, { booking: string }>(() => Promise.reject(new Error('no carrier'))),
    clear: fromPromise<ClearOutcome, ClearInput>(() => Promise.reject(new Error('no carrier'))),
  },
  delays: {
    ...defaultDurations,
    surplusAgain: ({ context }) => surplus.clearWaitMs(context, defaultDurations),
  },
  guards: {
    isMoving: ({ context }) => books.isMoving(context),
    isNewerAddress: ({ context, event }) => {
      assertEvent(event, ['shipment.book', 'shipment.readdress']);
      return event.revision > context.revision;
    },
    isNewerAddressTooMany: ({ context, event }) => {
      assertEvent(event, ['shipment.book', 'shipment.readdress']);
      return event.revision > context.revision && context.surplus.length >= surplus.surplusMax;
    },
    isBookedForIt: ({ context, event }) => {
      assertEvent(event, ['shipment.book', 'shipment.readdress']);
      return context.label?.claimed === true && event.revision === context.revision;
    },
    isLabel: ({ event }) => (event as unknown as DoneActorEvent<BookingOutcome>).output.outcome === 'booked',
    isRefused: ({ event }) =>
      (event as unknown as DoneActorEvent<BookingOutcome | ClearOutcome>).output.outcome === 'refused',
    isOurNumber: ({ context, event }) => {
      assertEvent(event, ['tracking.claimed', 'tracking.refused', 'shipment.bookManually']);
      return books.isNumberOf(context, event);
    },
    isOurNumberAndCanBookAgain: ({ context, event }) => {
      assertEvent(event, 'tracking.refused');
      return books.isNumberOf(context, event) && books.canBookAgain(context);
    },
    isOnAnotherLabel: ({ context, event }) => {
      assertEvent(event, 'shipment.scan');
      return books.isOnAnotherLabel(context, event);
    },
    hasNoSurplus: ({ context }) => context.surplus.length === 0,
    hasDueSurplus: ({ context }) => surplus.firstDue(context) !== null,
    isGone: ({ event }) => (event as unknown as DoneActorEvent<ClearOutcome>).output.outcome === 'gone',
    isInUse: ({ event }) => (event as unknown as DoneActorEvent<ClearOutcome>).output.outcome === 'inUse',
    isNeverBooked: ({ context }) => surplus.isNeverBooked(context),
    isRepeated: ({ context, event }) => {
      assertEvent(event, 'shipment.scan');
      return books.isRepeated(context, event);
    },
    isGivenUp: ({ context }) => context.givenUp,
    isFirstScanAfterVoid: ({ context }) => context.givenUp && !context.movedAfterVoid,
    leadsTo: ({ context, event }, { status }: { status: ScanStatus }) => {
      assertEvent(event, 'shipment.scan');
      return books.leadsTo(context, event, status);
    },
    isFound: ({ context, event }, { as }: { as: Finding }) => {
      assertEvent(event, 'shipment.settle');
      return event.as === as && books.canBeFound(context, as);
    },
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    startBooking: assign(({ context }) => books.startBooking(context)),
    takeLabel: assign(({ event }) => ({ label: labelOf(event) })),
    takeManualLabel: assign(({ event }) => {
      assertEvent(event, 'shipment.bookManually');
      const { carrier, trackingNumber } = event;
      return { label: { carrier, trackingNumber, url: null, claimed: false }, problem: null };
    }),
    takeScannedLabel: assign(({ context, event }) => {
      assertEvent(event, 'shipment.scan');
      return books.takeScannedLabel(context, event);
    }),
    takeAddress: assign(({ event }) => {
      assertEvent(event, ['shipment.book', 'shipment.readdress']);
      return { shipTo: event.shipTo, revision: event.revision, tries: 0 };
    }),
    leaveBooking: assign(({ context }) => books.leaveBooking(context)),
    leaveRefused: assign(({ context }) => books.leaveRefused(context)),
    /** The carrier has said a clear no: there is nothing to void. */
    forgetBooking: assign({ booking: null }),
    noteProblem: assign((_, { problem }: { problem: string }) => ({ problem })),
    noteAnswer: assign(({ event }) => ({ problem: books.problemOf(problemIn(event)) })),
    giveUp: assign({ givenUp: true, problem: null }),
    keepNumber: assign(({ context: { label } }) => ({
      label: label === null ? null : { ...label, claimed: true },
    })),
    claimNumber: send(({ context: { id, label } }) => {
      if (label === null) return [];
      const { carrier, trackingNumber } = label;
      const to = { kind: 'trackingNumber', id: trackingNumberId(carrier, trackingNumber) };
      return { to, event: { type: 'trackingNumber.claim', carrier, trackingNumber, shipmentId: id } };
    }),
    tellBooked: send(({ context }) => {
      const { revision, label } = context;
      if (label === null) return [];
      const { carrier, trackingNumber } = label;
      return toFulfillment(context, { type: 'shipment.booked', revision, carrier, trackingNumber });
    }),
    tellVoidAccepted: send(({ context }) => toFulfillment(context, { type: 'shipment.voidAccepted' })),
    tellMoving: send(({ context }) =>
      toFulfillment(context, { type: 'shipment.moving', revision: context.revision }),
    ),
    /** It is too late for a newer address, whatever was booked: what the parcel has on it counts from now on. */
    noteFirstMovement: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'shipment.scan');
      if (books.isMoving(context)) return;
      const revision = books.revisionOf(context, event);
      enqueue.assign({ revision });
      enqueue(send(() => toFulfillment(context, { type: 'shipment.moving', revision })));
    }),
    tellDelivered: send(({ context }) => toFulfillment(context, { type: 'shipment.delivered' })),
    tellLost: send(({ context }) => toFulfillment(context, { type: 'shipment.lost' })),
    tellReturned: send(({ context }) => toFulfillment(context, { type: 'shipment.returned' })),
    tellMovedAfterVoid: send(({ context }) =>
      toFulfillment(context, { type: 'shipment.incident', what: 'movedAfterVoid' }),
    ),
    noteMovedAfterVoid: assign({ movedAfterVoid: true }),
    beginClearing: assign(({ context }) => ({ clearing: surplus.firstDue(context) })),
    endClearing: assign({ clearing: null }),
    dropSurplus: assign(({ context }) => surplus.withoutSurplus(context, context.clearing)),
    leaveToHand: assign(({ context, event }) => {
      return surplus.leaveToHand(context, books.problemOf(problemIn(event)));
    }),
    takeUpAgain: assign(({ context }) => books.takeUpAgain(context)),
    countNotFound: assign(({ context }) => surplus.countTry(context, 1)),
    countFailure: assign(({ context }) => surplus.countTry(context, 0)),
    makeAllDue: assign(({ context }) => surplus.allDue(context)),
    recordScan: assign(({ context, event }) => {
      assertEvent(event, 'shipment.scan');
      return books.recordScan(context, event);
    }),
    countRepeated: assign(({ context }) => ({ repeated: context.repeated + 1 })),
    followScan: assign(({ event }) => {
      assertEvent(event, 'shipment.scan');
      return { transport: event.status };
    }),
    takeFinding: assign(({ event }) => {
      assertEvent(event, 'shipment.settle');
      const { as, reason } = event;
      return { transport: as, settled: { as, reason } };
    }),
    moveTo: assign((_, { transport }: { transport: Transport }) => ({ transport })),
  },
}).createMachine({
  id: 'shipment',
  description: 'One parcel, from the wish for a label to the customer’s door',
  context: books.newShipment,
  type: 'parallel',
  states: {
    label: {
      description: 'The label that the parcel leaves with',
      initial: 'requested',
      on: {
        'shipment.book': onAddress,
        'shipment.readdress': onAddress,
        'shipment.void': [
          { guard: 'isMoving', actions: 'tellMoving', description: 'A carrier has it already' },
          { target: '.voiding', actions: ['leaveBooking', 'giveUp', 'tellVoidAccepted'] },
        ],
        'shipment.scan': {
          guard: 'isOnAnotherLabel',
          target: '.claiming',
          actions: 'takeScannedLabel',
          description: 'It moves with a label that we did not know of, or had left',
        },
        'shipment.bookManually': { guard: 'isOurNumber', actions: 'changeNothing' },
        'tracking.claimed': { actions: 'changeNothing', description: 'A number that was left' },
        'tracking.refused': { actions: 'changeNothing', description: 'A number that was left' },
      },
      states: {
        requested: {
          description: 'The carrier is asked for a label; after some time a person has to book',
          entry: 'startBooking',
          initial: 'booking',
          after: {
            bookingGivenUp: {
              target: 'manualBooking',
              actions: [
                'leaveBooking',
                { type: 'noteProblem', params: { problem: 'the carrier did not answer in time' } },
              ],
            },
          },
          states: {
            booking: {
              description: 'The carrier is booking',
              invoke: {
                src: 'book',
                id: 'book',
                input: ({ context }) => books.bookingInput(context),
                onDone: [
                  { guard: 'isLabel', target: '#shipment.label.claiming', actions: 'takeLabel' },
                  {
                    guard: 'isRefused',
                    target: '#shipment.label.manualBooking',
                    actions: ['forgetBooking', 'noteAnswer'],
                  },
                  { target: 'lookingUp', description: 'It may have booked or not' },
                ],
                onError: {
                  target: '#shipment.label.manualBooking',
                  actions: ['leaveBooking', 'noteAnswer'],
                },
              },
            },
            lookingUp: {
              description: 'Nobody knows whether the carrier has booked: it is looked up',
              invoke: {
                src: 'lookUp',
                id: 'lookUp',
                input: ({ context }) => ({ booking: context.booking ?? context.id }),
                onDone: [
                  { guard: 'isLabel', target: '#shipment.label.claiming', actions: 'takeLabel' },
                  { target: 'unanswered', description: 'That settles nothing: it may still come' },
                ],
                onError: { target: 'unanswered' },
              },
            },
            unanswered: {
              description: 'The carrier does not know the booking, or not yet',
              after: { labelLookUp: { target: 'lookingUp' } },
            },
          },
        },
        claiming: {
          description: 'There is a number; nobody else may have it',
          entry: 'claimNumber',
          on: {
            'tracking.claimed': { guard: 'isOurNumber', target: 'booked', actions: 'keepNumber' },
            'tracking.refused': [
              {
                guard: 'isOurNumberAndCanBookAgain',
                target: 'requested',
                actions: 'leaveRefused',
                description: 'The carrier gave a number that another shipment has; once it may try again',
              },
              {
                guard: 'isOurNumber',
                target: 'manualBooking',
                actions: [
                  'leaveRefused',
                  { type: 'noteProblem', params: { problem: 'another shipment has this tracking number' } },
                ],
              },
            ],
          },
          after: { claimOverdue: { target: 'claiming', reenter: true } },
        },
        booked: {
          description: 'The label is there, and its number is ours',
          entry: 'tellBooked',
        },
        manualBooking: {
          description: 'The carrier did not book; a person has to, with this carrier or another one',
          on: { 'shipment.bookManually': { target: 'claiming', actions: 'takeManualLabel' } },
        },
        voiding: {
          description: 'It is not to leave; the bookings are being voided',
          on: onceVoid,
          always: { guard: 'hasNoSurplus', target: 'voided' },
        },
        voided: {
          description: 'It does not leave, and the carrier knows of no booking',
          tags: 'ended',
          on: onceVoid,
        },
      },
    },
    surplus: {
      description:
        'Bookings that are not wanted any more are voided, whether the carrier has answered or not',
      initial: 'none',
      states: {
        none: {
          description: 'There is none',
          always: { guard: 'hasDueSurplus', target: 'clearing' },
        },
        clearing: {
          description: 'The carrier voids one of them',
          entry: 'beginClearing',
          invoke: {
            src: 'clear',
            id: 'clear',
            input: ({ context }) => books.clearInput(context),
            onDone: [
              { guard: 'isGone', target: 'waiting', actions: 'dropSurplus' },
              { guard: 'isRefused', target: 'waiting', actions: 'leaveToHand' },
              {
                guard: 'isInUse',
                target: 'waiting',
                actions: 'takeUpAgain',
                description: 'A person has found it at the carrier, and uses it',
              },
              {
                guard: 'isNeverBooked',
                target: 'waiting',
                actions: 'dropSurplus',
                description: 'For a day the carrier has not known of it',
              },
              { target: 'waiting', actions: 'countNotFound' },
            ],
            onError: { target: 'waiting', actions: 'countFailure' },
          },
        },
        waiting: {
          description: 'Some could not be voided yet',
          entry: 'endClearing',
          always: [
            { guard: 'hasDueSurplus', target: 'clearing' },
            { guard: 'hasNoSurplus', target: 'none' },
          ],
          after: { surplusAgain: { target: 'waiting', reenter: true, actions: 'makeAllDue' } },
        },
      },
    },
    transport: {
      description: 'Where the parcel is; older scans that come late are only recorded',
      initial: 'awaitingHandover',
      on: {
        'shipment.scan': [
          { guard: 'isRepeated', actions: 'countRepeated', description: 'The same scan again' },
          {
            guard: 'isFirstScanAfterVoid',
            actions: ['recordScan', 'noteMovedAfterVoid', 'tellMovedAfterVoid'],
          },
          { guard: 'isGivenUp', actions: 'recordScan' },
          onScan('inTransit'),
          onScan('outForDelivery'),
          onScan('attemptFailed'),
          onScan('availableForPickup'),
          onScan('exception'),
          onScan('delivered'),
          onScan('lost'),
          onScan('returning'),
          onScan('returned'),
          { actions: 'recordScan', description: 'An older one' },
        ],
        'shipment.settle': [onFinding('delivered'), onFinding('returned'), onFinding('lost')],
        'shipment.handedOver': {
          actions: 'tellMoving',
          description: 'The carrier was faster, or it is told again: it is still on its way',
        },
      },
      states: {
        awaitingHandover: {
          description: 'The parcel is in the warehouse',
          on: {
            'shipment.handedOver': [
              { guard: 'isGivenUp', actions: 'changeNothing' },
              { target: 'inTransit', actions: { type: 'moveTo', params: { transport: 'inTransit' } } },
            ],
          },
        },
        inTransit: { description: 'The carrier has it', after: { parcelSilent: suspect } },
        outForDelivery: { description: 'It comes today', after: { parcelSilent: suspect } },
        attemptFailed: {
          description: 'Nobody was there to take it; the carrier tries again',
          after: { parcelSilent: suspect },
        },
        availableForPickup: {
          description: 'It waits for the customer to fetch it',
          after: { parcelSilent: suspect },
        },
        exception: {
          description: 'Something is in its way; a person should ask the carrier, and say what became of it',
          after: { parcelSilent: suspect },
        },
        suspectedLost: {
          description:
            'Nobody has seen it for long; a person should ask the carrier, and say what became of it',
          after: {
            parcelLost: {
              target: 'lost',
              actions: { type: 'moveTo', params: { transport: 'lost' } },
            },
          },
        },
        lost: {
          description: 'It is given up; should it still arrive, that is told',
          tags: 'ended',
          entry: 'tellLost',
          on: { 'shipment.handedOver': { actions: 'tellLost' } },
        },
        returning: { description: 'It is on its way back to us', after: { parcelSilent: suspect } },
        returned: {
          description: 'It is back',
          tags: 'ended',
          entry: 'tellReturned',
          on: { 'shipment.handedOver': { actions: 'tellReturned' } },
        },
        delivered: {
          description: 'The customer has it',
          tags: 'ended',
          entry: 'tellDelivered',
          on: { 'shipment.handedOver': { actions: 'tellDelivered' } },
        },
      },
    },
  },
});

/** The carrier has seen it there. */
function onScan<Status extends ScanStatus>(status: Status) {
  return {
    guard: { type: 'leadsTo', params: { status } },
    target: `.${status}`,
    actions: ['noteFirstMovement', 'recordScan', 'followScan'],
  } as const;
}

/** A person says so. */
function onFinding<As extends Finding>(as: As) {
  return { guard: { type: 'isFound', params: { as } }, target: `.${as}`, actions: 'takeFinding' } as const;
}
