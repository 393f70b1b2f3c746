import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../parts/Button';
import { closeToast, hold, useShownToast } from '../parts/toast';

/** The one message at the bottom. The region is always there, so that screen readers hear what comes into it. */
export function Toasts() {
  const { t } = useTranslation('shell');
  const toast = useShownToast();
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toast && (
        <div
          key={toast.id}
          className="toast"
          data-tone={toast.tone}
          onPointerEnter={() => hold(true)}
          onPointerLeave={() => hold(false)}
        >
          <span>{toast.text}</span>
          {toast.action && (
            <button
              type="button"
              className="toast-do"
              onClick={() => {
                toast.action?.run();
                closeToast();
              }}
            >
              {toast.action.label}
            </button>
          )}
          <IconButton small label={t('close')} onClick={closeToast}>
            <IconX size={16} stroke={1.9} />
          </IconButton>
        </div>
      )}
    </div>
  );
}
