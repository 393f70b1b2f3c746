import { useEffect, useRef, useState, type DragEvent } from 'react';

/** Files over this part of the page: whether there are some now, and what to put on the part. */
export function useDropping(onFiles: (files: FileList) => void) {
  const [dropping, setDropping] = useState(false);
  const depth = useRef(0); // entering a child leaves its parent
  const end = () => {
    depth.current = 0;
    setDropping(false);
  };
  useEffect(() => {
    // A file that misses must not replace the page.
    const refuse = (event: globalThis.DragEvent) => event.preventDefault();
    window.addEventListener('dragover', refuse);
    window.addEventListener('drop', refuse);
    window.addEventListener('vitascope:dropped', end);
    return () => {
      window.removeEventListener('dragover', refuse);
      window.removeEventListener('drop', refuse);
      window.removeEventListener('vitascope:dropped', end);
    };
  }, []);
  const zone = {
    onDragEnter: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      depth.current += 1;
      setDropping(true);
    },
    onDragLeave: () => {
      depth.current = Math.max(0, depth.current - 1);
      if (!depth.current) setDropping(false);
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      end();
      onFiles(event.dataTransfer.files);
    },
  };
  return { dropping, zone };
}
