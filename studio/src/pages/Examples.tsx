/** How each vendor's client is pointed here: its address, five lines to paste, and what of its API works. */
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import { ROOT } from '../api/root';
import type { components } from '../api/schema';
import { Tag } from '../parts/Tag';
import type { NewKey } from './Keys';
import styles from './pages.module.css';
import { Code, CopyButton, Fault, Section, Table } from './parts';

type Dialect = components['schemas']['DialectView'];

const CURL = `curl {base}/v1/videos -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\
  -d '{"prompt": "a red ball rolls over snow at sunset", "seconds": 4, "camera": "orbit left slow"}'`;

/** `made`: the key that was just made, filled in where it fits. */
export function Examples({ made }: { made: NewKey | null }) {
  const { t } = useTranslation('pages');
  const [chosen, setChosen] = useState('openai');
  const dialects = useQuery({
    queryKey: ['dialects'],
    queryFn: async () => (await call(api.GET('/v1/dialects'))).data,
    staleTime: 600_000,
  });
  const all = dialects.data ?? [];
  const one = all.find((dialect) => dialect.name === chosen);
  const names = [...all.map(({ name, title }) => ({ value: name, label: title })), { value: 'curl', label: 'curl' }];
  const text = filledIn(one ? withInstall(one) : CURL, made);
  return (
    <Section title={t('keys.use')} why={t('keys.useAll')}>
      {dialects.error && <Fault error={dialects.error} again={() => void dialects.refetch()} />}
      <div className={styles.card}>
        <div className={styles.form}>
          <Select
            label={t('keys.client')}
            data={names}
            value={one?.name ?? 'curl'}
            onChange={(name) => setChosen(name ?? 'openai')}
            allowDeselect={false}
            searchable
            nothingFoundMessage={t('keys.noClient')}
          />
        </div>
        {one && (
          <dl className={styles.facts}>
            <dt>{t('keys.base')}</dt>
            <dd>
              <span className={styles.together}>
                <code className={styles.mono}>{one.base_url}</code>
                <CopyButton text={one.base_url} />
              </span>
            </dd>
          </dl>
        )}
        <Code text={text} label={t('keys.exampleOf', { name: one?.title ?? 'curl' })} />
        {/\bYOUR_\w+/.test(text) && (
          <p className={styles.quiet}>{t(one?.signed ? 'keys.hiddenPair' : 'keys.hidden')}</p>
        )}
        {one && <Operations dialect={one} />}
      </div>
    </Section>
  );
}

function Operations({ dialect }: { dialect: Dialect }) {
  const { t } = useTranslation('pages');
  const refused = dialect.operations.filter((operation) => operation.state === 'refused').length;
  return (
    <details className={styles.more}>
      <summary>{t('keys.operations', { works: dialect.operations.length - refused, refused })}</summary>
      <Table
        label={t('keys.operationsOf', { name: dialect.title })}
        head={
          <>
            <th scope="col">{t('keys.operation')}</th>
            <th scope="col">{t('keys.request')}</th>
            <th scope="col">{t('operator.state')}</th>
          </>
        }
      >
        {dialect.operations.map((operation) => (
          <tr key={operation.method + operation.path + operation.name}>
            <th scope="row">{operation.name}</th>
            <td className={`${styles.fill} ${styles.mono}`} title={`${operation.method} ${operation.path}`}>
              {operation.method} {operation.path}
            </td>
            <td title={operation.why}>
              <Tag tone={operation.state === 'works' ? 'ok' : 'bad'}>{t(`keys.state.${operation.state}`)}</Tag>
            </td>
          </tr>
        ))}
      </Table>
      {dialect.ignored.length > 0 && (
        <p className={styles.quiet}>{t('keys.ignored', { fields: dialect.ignored.join(', ') })}</p>
      )}
    </details>
  );
}

function withInstall({ sdk, snippet }: Dialect): string {
  return sdk ? `# pip install ${sdk}\n${snippet}` : snippet;
}

function filledIn(snippet: string, made: NewKey | null): string {
  return snippet
    .replaceAll('{base}', window.location.origin + ROOT.replace(/\/$/, ''))
    .replaceAll('{key}', made?.key ?? 'YOUR_KEY')
    .replaceAll('{access}', made?.access_key ?? 'YOUR_ACCESS_KEY')
    .replaceAll('{secret}', made?.secret_key ?? 'YOUR_SECRET_KEY');
}
