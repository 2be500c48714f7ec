/** The part of an order that one warehouse ships as one parcel. */
import { and } from 'xstate';
import { newFulfillment } from './fulfillment.books.ts';
import { fulfillmentSetup } from './fulfillment.setup.ts';

export const fulfillmentMachine = fulfillmentSetup.createMachine({
  id: 'fulfillment',
  description: 'The part of an order that one warehouse ships as one parcel',
  context: newFulfillment,
  type: 'parallel',
  on: {
    'fulfillment.start': { actions: 'giveAccount', description: 'The order asks again: it gets the account' },
    'fulfillment.reduce': {
      actions: ['noteChange', 'giveAccount'],
      description: 'Too late to take anything out: the account says so',
    },
    'stock.held': [
      { guard: 'isNeeded', actions: 'changeNothing', description: 'The same answer again' },
      { actions: 'giveBack', description: 'Given up since: it goes back' },
    ],
    'stock.refused': { actions: 'changeNothing' },
    'stock.released': { actions: 'noteRelease' },
    'stock.asked': [
      { guard: 'isNeeded', actions: 'keepReservation' },
      { actions: 'giveBack', description: 'Nothing here needs it any more' },
    ],
    'warehouse.granted': { actions: 'changeNothing', description: 'Of a try that was left, and freed' },
    'warehouse.denied': { actions: 'changeNothing' },
    'shipment.booked': { actions: 'changeNothing', description: 'A label for an older address' },
    'shipment.voidAccepted': { actions: 'changeNothing' },
    'shipment.moving': { actions: 'changeNothing' },
    'shipment.delivered': { actions: 'changeNothing' },
    'shipment.lost': { actions: 'changeNothing' },
    'shipment.returned': { actions: 'changeNothing' },
    'shipment.incident': { actions: ['noteIncident', 'giveAccount'] },
  },
  states: {
    progress: {
      description: 'Where the goods are; only a new address leads one step back',
      initial: 'requested',
      on: {
        'fulfillment.stop': { target: '.stopping', description: 'Until handover, the order may stop it' },
        'fulfillment.changeAddress': [
          { guard: 'isNewerAddress', actions: ['takeAddress', 'giveAccount'] },
          { actions: 'giveAccount', description: 'An older address, or the same: the account says so' },
        ],
      },
      states: {
        requested: {
          description: 'The order has given it the goods that it holds',
          entry: ['ownReservations', 'giveAccount'],
          always: { target: 'slotting' },
        },
        slotting: {
          description: 'Asking a warehouse for a place to work',
          entry: 'askForSlot',
          always: { guard: 'isEmpty', target: 'stopping' },
          on: {
            'warehouse.granted': [
              { guard: and(['isForThisAttempt', 'isWhereTheGoodsAre']), target: 'planned' },
              { guard: 'isForThisAttempt', target: 'movingWarehouse', actions: 'wantMove' },
            ],
            'warehouse.denied': [
              {
                guard: and(['isForThisAttempt', 'hasOtherWarehouse']),
                target: 'slotting',
                reenter: true,
                actions: ['freeSlot', 'tryNextWarehouse'],
                description: 'It was perhaps asked twice, and the second time it has a place (rule 8)',
              },
              { guard: 'isForThisAttempt', target: 'unroutable', actions: 'freeSlot' },
            ],
            'fulfillment.reduce': [
              { guard: 'isAnsweredChange', actions: 'giveAccount' },
              { actions: ['noteChange', 'cutLine', 'releaseCut', 'giveAccount'] },
            ],
          },
          after: { slotOverdue: { target: 'slotting', reenter: true, description: 'Asks again' } },
        },
        movingWarehouse: {
          description: 'Another warehouse has a place; the goods are being held there',
          entry: 'holdThere',
          on: {
            'stock.held': { guard: 'isAskedForMove', actions: 'noteHeldThere' },
            'stock.refused': { guard: 'isAskedForMove', actions: 'noteRefusedThere' },
          },
          always: [
            {
              guard: 'isAllHeldThere',
              target: 'planned',
              actions: ['moveThere', 'releaseAll', 'giveAccount'],
            },
            {
              guard: and(['isRefusedThere', 'hasOtherWarehouse']),
              target: 'slotting',
              actions: ['stayHere', 'releaseAll', 'freeSlot', 'tryNextWarehouse'],
            },
            {
              guard: 'isRefusedThere',
              target: 'unroutable',
              actions: ['stayHere', 'releaseAll', 'freeSlot'],
            },
          ],
          after: { stockOverdue: { target: 'movingWarehouse', reenter: true, description: 'Asks again' } },
        },
        unroutable: {
          description: 'No warehouse has a place for it; it keeps its goods, and tries again',
          always: { guard: 'isEmpty', target: 'stopping' },
          on: {
            'fulfillment.reduce': [
              { guard: 'isAnsweredChange', actions: 'giveAccount' },
              { actions: ['noteChange', 'cutLine', 'releaseCut', 'giveAccount'] },
            ],
          },
          after: { slotRetry: { target: 'slotting', actions: 'startOver' } },
        },
        planned: {
          description: 'The warehouse has a place for it, and nobody has taken it yet',
          always: { guard: 'isEmpty', target: 'stopping' },
          on: {
            'fulfillment.startPick': { guard: 'isClear', target: 'picking' },
            'fulfillment.reduce': [
              { guard: 'isAnsweredChange', actions: 'giveAccount' },
              { actions: ['noteChange', 'cutLine', 'releaseCut', 'giveAccount'] },
            ],
          },
        },
        picking: {
          description: 'A picker collects the goods',
          always: { guard: 'isEmpty', target: 'stopping', description: 'Nothing of it is left to pick' },
          on: {
            'fulfillment.finishPick': { guard: and(['isClear', 'isPickedExactly']), target: 'picked' },
            'fulfillment.shortPick': {
              guard: and(['isClear', 'hasSoMany']),
              actions: ['takeShort', 'tellShort', 'giveAccount'],
              description: 'What is not there is out at once; the rest goes on (rule 10)',
            },
            'fulfillment.reduce': [
              { guard: 'isAnsweredChange', actions: 'giveAccount' },
              { actions: ['noteChange', 'cutLine', 'releaseCut', 'giveAccount'] },
            ],
          },
        },
        picked: {
          description: 'Everything is in the tote, waiting for a packer',
          on: { 'fulfillment.startPack': { guard: 'isClear', target: 'packing' } },
        },
        packing: {
          description: 'A packer packs the parcel',
          on: { 'fulfillment.finishPack': { guard: 'isClear', target: 'packed' } },
        },
        packed: {
          description: 'Packed and closed',
          entry: 'nameShipment',
          always: { target: 'labelling' },
        },
        labelling: {
          description: 'A carrier is asked for a label',
          entry: 'askForLabel',
          on: {
            'shipment.booked': { guard: 'isForThisAddress', target: 'readyToShip' },
            'fulfillment.changeAddress': [
              { guard: 'isNewerAddress', actions: ['takeAddress', 'readdress', 'giveAccount'] },
              { actions: 'giveAccount' },
            ],
            'shipment.moving': {
              target: 'completed',
              actions: ['takeLabelsAddress', 'consume', 'freeSlot', 'shipLines'],
              description: 'The first scan counts as the handover',
            },
            'shipment.delivered': {
              target: 'completed.delivered',
              actions: ['consume', 'freeSlot', 'shipLines'],
            },
          },
          after: {
            labelOverdue: {
              target: 'labelling',
              reenter: true,
              actions: 'readdress',
              description: 'Asks again',
            },
          },
        },
        readyToShip: {
          description: 'Packed and labelled, waiting for the carrier',
          on: {
            'fulfillment.handOver': {
              guard: 'isClear',
              target: 'completed',
              actions: ['tellHandedOver', 'consume', 'freeSlot', 'shipLines'],
            },
            'fulfillment.changeAddress': [
              {
                guard: 'isNewerAddress',
                target: 'labelling',
                actions: ['takeAddress', 'readdress', 'giveAccount'],
              },
              { actions: 'giveAccount' },
            ],
            'shipment.moving': {
              target: 'completed',
              actions: ['takeLabelsAddress', 'consume', 'freeSlot', 'shipLines'],
              description: 'The first scan counts as the handover',
            },
            'shipment.delivered': {
              target: 'completed.delivered',
              actions: ['consume', 'freeSlot', 'shipLines'],
            },
          },
        },
        completed: {
          description: 'The warehouse has done its part; it is too late to stop it or to change the address',
          initial: 'handedOver',
          on: {
            'fulfillment.stop': { actions: 'giveAccount' },
            'fulfillment.changeAddress': { actions: 'changeNothing' },
            'shipment.moving': {
              guard: 'isOnOlderLabel',
              actions: ['takeLabelsAddress', 'giveAccount'],
              description: 'A carrier had taken it with an older label before it was ticked off',
            },
          },
          states: {
            handedOver: {
              description: 'The carrier has the parcel',
              entry: { type: 'giveAccount', params: { state: 'handedOver' } },
              on: {
                'shipment.delivered': { target: 'delivered' },
                'shipment.lost': { target: 'lost' },
                'shipment.returned': { target: 'returned' },
              },
              after: {
                parcelAsk: {
                  target: 'handedOver',
                  reenter: true,
                  actions: ['tellHandedOver', 'releaseAll'],
                  description: 'Says so again, and gives back again what is not known to be back',
                },
              },
            },
            delivered: {
              description: 'The customer has the parcel',
              tags: 'ended',
              entry: ['deliverLines', { type: 'giveAccount', params: { state: 'delivered' } }],
            },
            lost: {
              description: 'The carrier cannot find the parcel; it may still turn up',
              entry: { type: 'giveAccount', params: { state: 'lost' } },
              tags: 'ended',
              on: {
                'shipment.delivered': { target: 'delivered' },
                'shipment.returned': { target: 'returned' },
              },
            },
            returned: {
              description: 'The parcel has come back',
              tags: 'ended',
              entry: { type: 'giveAccount', params: { state: 'returned' } },
            },
          },
        },
        stopping: {
          description: 'What it holds is being given back',
          initial: 'deciding',
          on: {
            'fulfillment.stop': { actions: 'changeNothing' },
            'fulfillment.changeAddress': { actions: 'changeNothing' },
          },
          states: {
            deciding: {
              description: 'Whether there is a label',
              always: [
                { guard: 'hasShipment', target: 'voiding' },
                { target: 'releasing', actions: 'cutAll' },
              ],
            },
            voiding: {
              description: 'Asking whether the carrier has the parcel already (rule 7)',
              entry: 'askVoid',
              on: {
                'shipment.voidAccepted': { target: 'releasing', actions: 'cutAll' },
                'shipment.moving': {
                  target: '#fulfillment.progress.completed',
                  actions: ['takeLabelsAddress', 'consume', 'freeSlot', 'shipLines'],
                  description: 'It has: this counts as the handover',
                },
                'shipment.delivered': {
                  target: '#fulfillment.progress.completed.delivered',
                  actions: ['consume', 'freeSlot', 'shipLines'],
                },
              },
              after: {
                stopOverdue: {
                  target: 'voiding',
                  reenter: true,
                  actions: 'askForLabel',
                  description: 'Asks again; if it was never asked for a label, it is made, to be voided',
                },
              },
            },
            releasing: {
              description: 'The goods go back to the shelf, the place to the warehouse',
              entry: ['releaseAll', 'freeSlot'],
              always: { guard: 'isAllReleased', target: '#fulfillment.progress.stopped' },
              after: { stopOverdue: { target: 'releasing', reenter: true, description: 'Asks again' } },
            },
          },
        },
        stopped: {
          description: 'Nothing of it will be shipped; the order may still ask',
          tags: 'ended',
          entry: { type: 'giveAccount', params: { state: 'stopped' } },
          on: {
            'fulfillment.stop': { actions: 'giveAccount' },
            'fulfillment.changeAddress': { actions: 'changeNothing' },
          },
        },
      },
    },
    hold: {
      description: 'Whether people may go on; a hold set here is lifted here, one of the order by the order',
      initial: 'clear',
      on: {
        'fulfillment.hold': [
          { guard: 'isKnownHold', actions: 'changeNothing' },
          { guard: 'canBeHeld', actions: 'addHold' },
        ],
        'fulfillment.release': { guard: 'isKnownHold', actions: 'removeHold' },
        'fulfillment.orderHolds': [
          { guard: 'isNewerHolds', actions: ['takeOrderHolds', 'giveAccount'] },
          { actions: 'giveAccount', description: 'Older holds, or the same: the account says so' },
        ],
      },
      states: {
        clear: {
          description: 'Work may go on',
          always: { guard: 'isOnHold', target: 'held' },
        },
        held: {
          description: 'No step and no handover until every hold is lifted',
          always: { guard: 'isClear', target: 'clear' },
        },
      },
    },
  },
});
