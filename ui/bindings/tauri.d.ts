// What the page uses of Tauri, which puts it on the window object
// (`withGlobalTauri`), so that no bundler is needed.

export {};

declare global {
  /** Carries messages from the program to the page, in order. */
  interface TauriChannel<T> {
    onmessage: (message: T) => void;
  }

  interface Window {
    __TAURI__: {
      core: {
        invoke<T>(command: string, parameters?: Record<string, unknown>): Promise<T>;
        Channel: new <T>() => TauriChannel<T>;
      };
    };
  }
}
