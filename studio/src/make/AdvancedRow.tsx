import { useTranslation } from 'react-i18next';
import css from './make.module.css';

interface RowProps {
  name: string;
  value: string;
  changed: boolean;
  onReset: () => void;
  children: React.ReactNode;
}

/** A number with its name; a press on its value goes back to the model's own. */
export function Row({ name, value, changed, onReset, children }: RowProps) {
  const { t } = useTranslation('make');
  return (
    <div className={css.advRow}>
      <span className={css.advName}>{name}</span>
      {children}
      <button
        type="button"
        className={css.advValue}
        disabled={!changed}
        onClick={onReset}
        title={changed ? t('reset') : undefined}
      >
        {value}
      </button>
    </div>
  );
}
