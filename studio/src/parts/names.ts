// Names that the server gives in English and that the page says in its own language: the plans that come with it, and
// the owner of the machine. Others are as their operator wrote them.
import { useTranslation } from 'react-i18next';

const LOCAL_OWNER = 'local owner';

export function useNames() {
  const { t } = useTranslation('shell');
  return {
    plan: (title: string | undefined) => (title ? t(`plan.${title}` as 'plan.Free', { defaultValue: title }) : ''),
    person: (name: string) => (name === LOCAL_OWNER ? t('localOwner') : name),
  };
}
