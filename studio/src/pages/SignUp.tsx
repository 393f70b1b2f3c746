/** A new account, where the operator lets strangers open one. */
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, call } from '../api/client';
import { queries, useDoor } from '../api/hooks';
import { Gate, type Entered } from './Gate';

export default function SignUp() {
  const { t } = useTranslation('pages');
  const go = useNavigate();
  const door = useDoor();
  const open = useMutation({
    mutationFn: ({ name, email, password }: Entered) =>
      call(api.POST('/v1/account/signup', { body: { name: name.trim(), email: email.trim(), password } })),
    onSuccess: (account) => {
      queries.clear();
      queries.setQueryData(['account'], account);
      void go('/', { replace: true });
    },
  });
  return (
    <Gate
      title={t('sign.up')}
      note={door.data && !door.data.signup_open ? t('sign.closed') : undefined}
      isNew
      error={open.error}
      busy={open.isPending || door.data?.signup_open === false}
      onSend={open.mutate}
      foot={
        <span>
          {t('sign.haveAccount')} <Link to="/signin">{t('sign.in')}</Link>
        </span>
      }
    />
  );
}
