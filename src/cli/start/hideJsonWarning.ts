/**
 * Node before 20.18.3 and 22.12 warns that JSON imports are experimental. The image library uses such imports, and the warning
 * would be printed across the screen. Other warnings are still printed.
 */
export function hideJsonWarning(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    const isJson = warning.name === 'ExperimentalWarning' && warning.message.includes('JSON modules');
    if (!isJson) for (const print of printers) print(warning);
  });
}
