import { Logo } from '../parts/Logo';

/** Until the first page is here: the same as index.html shows before there is any code. */
export function First() {
  return (
    <div className="first" role="status" aria-label="Vitascope">
      <Logo size={48} />
    </div>
  );
}
