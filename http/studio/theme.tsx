/** Light or dark: as the system has it, until somebody chooses. */
import { useEffect, useState } from 'react';

const key = 'waybill.theme';
const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(
    () => themes.find((each) => each === localStorage.getItem(key)) ?? 'system',
  );
  useEffect(() => {
    localStorage.setItem(key, theme);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  return (
    <button type="button" onClick={() => setTheme(next)} aria-label={`Colours: ${theme}. Change to ${next}`}>
      {{ system: '◐', light: '☀', dark: '☾' }[theme]}
    </button>
  );
}
