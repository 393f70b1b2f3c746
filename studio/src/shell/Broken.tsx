import { Component, type ReactNode } from 'react';
import i18n from '../words';

/** When a page breaks, the frame says so and offers the one thing that helps. */
export class Broken extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="empty" role="alert">
        <h1>{i18n.t('broken.title')}</h1>
        <p>{i18n.t('broken.text')}</p>
        <p className="cap">{error.message.slice(0, 200)}</p>
        <button type="button" className="button" data-kind="fill" onClick={() => window.location.reload()}>
          {i18n.t('broken.reload')}
        </button>
      </main>
    );
  }
}
