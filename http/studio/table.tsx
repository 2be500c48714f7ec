/** A table that is scrolled by itself where it is wider than the screen, also from the keyboard. */
import type { ReactNode } from 'react';

export function Table({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="scrolling" tabIndex={0} role="group" aria-label={`${label}, as a table`}>
      <table aria-label={label}>{children}</table>
    </div>
  );
}
