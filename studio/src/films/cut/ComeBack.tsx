// A cut that another editor changed: what is different, line by line, and which lines count.
import { Modal } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../../api/client';
import { Button } from '../../parts/Button';
import css from './handoff.module.css';
import { differences, type Differences } from './server';
import type { Work } from './useCut';

export function ComeBack({ work, onClose }: { work: Work; onClose: () => void }) {
  const { t } = useTranslation('filmcut');
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<Differences | null>(null);
  const [wanted, setWanted] = useState<readonly string[]>([]);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const pick = useRef<HTMLInputElement>(null);
  const { film } = work;

  const attempt = async (run: () => Promise<void>) => {
    setBusy(true);
    setTrouble('');
    try {
      await run();
    } catch (error) {
      setTrouble(told(error));
    } finally {
      setBusy(false);
    }
  };
  const read = (chosen: File) =>
    attempt(async () => {
      setFile(chosen);
      setFound(null);
      const answer = await differences(film.id, chosen);
      setFound(answer);
      setWanted(answer.differences.filter((one) => one.what !== 'foreign').map((one) => one.id));
    });
  const accept = () =>
    attempt(async () => {
      if (!file || !wanted.length) return;
      const { changes } = await differences(film.id, file, wanted.join(','));
      if (changes) work.change(changes as Record<string, unknown>);
      onClose();
    });

  return (
    <Modal
      opened
      onClose={onClose}
      size={620}
      title={t('comeBack.title')}
      closeButtonProps={{ 'aria-label': t('shut') }}
    >
      <div className={css.returned}>
        <p>{t('comeBack.text')}</p>
        <input
          ref={pick}
          type="file"
          hidden
          accept=".otio,.fcpxml,.edl,.xml"
          aria-label={t('comeBack.file')}
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen) void read(chosen);
            event.currentTarget.value = '';
          }}
        />
        <Button
          icon={<IconUpload size={17} stroke={1.8} aria-hidden />}
          disabled={busy}
          onClick={() => pick.current?.click()}
        >
          {file ? t('comeBack.other', { name: file.name }) : t('comeBack.file')}
        </Button>
        {trouble && (
          <p className={css.bad} role="alert">
            {trouble}
          </p>
        )}
        {found && !found.differences.length && <p role="status">{t('comeBack.none')}</p>}
        {found && found.differences.length > 0 && (
          <>
            <p role="status">{t('comeBack.found', { count: found.differences.length })}</p>
            <ul className={css.differences}>
              {found.differences.map((one) => (
                <li key={one.id}>
                  <label>
                    <input
                      type="checkbox"
                      checked={wanted.includes(one.id)}
                      onChange={() =>
                        setWanted(wanted.includes(one.id) ? wanted.filter((id) => id !== one.id) : [...wanted, one.id])
                      }
                    />
                    <span>{one.text}</span>
                  </label>
                </li>
              ))}
            </ul>
            <Button kind="fill" disabled={busy || !wanted.length || !work.isSaved} onClick={() => void accept()}>
              {t('comeBack.accept', { count: wanted.length })}
            </Button>
          </>
        )}
      </div>
    </Modal>
  );
}
