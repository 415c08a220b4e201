// SPDX-License-Identifier: Apache-2.0
/* One screen for every code: by camera, out of a picture, or as the address that it is. What it is for, the wallet finds out. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, unheard } from '../ui/call';
import { useText } from '../ui/text';
import { Field, Heading, Trouble } from '../ui/ui';
import { problem, type W } from './use';

/* A camera's refusals are the browser's own; all else is the reader, which was not to be had. */
const why = (e: unknown) => problem(!(e instanceof DOMException) ? unheard(e) : e.name === 'NotAllowedError' ? 'camera-denied' : 'no-camera');

function Camera({ found, failed }: { found: (text: string) => void; failed: (p: Problem) => void }) {
  const { t } = useText();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    import('./scan').then((s) => s.watch(video.current!, stop.signal)).then((text) => { if (text !== undefined) found(text); }, (e: unknown) => {
      if (!stop.signal.aborted) failed(why(e));
    });
    return () => stop.abort();
  }, []);
  return <div class="aim"><video ref={video} muted playsInline aria-label={t('wallet.camera')} /><p role="status">{t('wallet.aim')}</p></div>;
}

export function Scan({ w }: { w: W }) {
  const { t } = useText();
  const [trouble, setTrouble] = useState(w.trouble);
  const [byLink, setByLink] = useState(false);
  const start = (e: Event) => {
    e.preventDefault();
    if (w.link.trim() === '') setTrouble(problem('no-link'));
    else void w.run(undefined, w.link.trim());
  };
  const choose = async (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    setTrouble(undefined);
    try {
      const text = await (await import('./scan')).ofPicture(file);
      if (text === undefined) setTrouble(problem('no-qr'));
      else void w.run(undefined, text);
    } catch (e) { setTrouble(problem(unheard(e))); }
  };
  return <>
    <Heading>{t('wallet.scan')}</Heading>
    <p class="lead">{t('wallet.scan-lead')}</p>
    {trouble ? <Trouble id="trouble" problem={trouble} /> : !byLink && <Camera found={(text) => void w.run(undefined, text)} failed={setTrouble} />}
    <div class="deeds">
      {trouble && trouble.code !== 'no-link' && <button type="button" class="deed" onClick={() => { w.settle(); setTrouble(undefined); }}>{t('wallet.scan-again')}</button>}
      <label class="by-picture">{t('wallet.by-picture')}<input type="file" accept="image/*" class="hidden" onChange={(e) => void choose(e.currentTarget.files)} /></label>
    </div>
    <details onToggle={(e) => setByLink(e.currentTarget.open)}>
      <summary>{t('wallet.by-link')}</summary>
      <form onSubmit={start} noValidate>
        <Field name="link" label={t('wallet.link')} hint={t('wallet.link-hint')} placeholder="openid4vp://" max={4096} plain value={w.link} onInput={w.setLink} wrong={trouble?.code === 'no-link' ? 'trouble' : undefined} />
        <button type="submit" class="deed">{t('wallet.next')}</button>
      </form>
    </details>
    <div class="deeds"><button type="button" class="plain" onClick={() => w.go('home')}>{t('ui.back')}</button></div>
  </>;
}
