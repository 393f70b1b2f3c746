// Mantine in the studio's clothes: its colours point at our tokens, so that one stylesheet says what everything is.
import {
  createTheme,
  Menu,
  Modal,
  Popover,
  Switch,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

const tungsten: MantineColorsTuple = [
  '#fff5e6',
  '#fdeacc',
  '#fbdba8',
  '#f8cb84',
  '#f5b562',
  '#f0ac4e',
  '#d48f2f',
  '#a96b12',
  '#8a5200',
  '#5e3800',
];
const ink: MantineColorsTuple = [
  '#f5eee2',
  '#c2b5a2',
  '#a09280',
  '#7e6f5d',
  '#3a3129',
  '#2a241e',
  '#201b17',
  '#171411',
  '#0f0d0b',
  '#080605',
];

export const theme = createTheme({
  primaryColor: 'tungsten',
  primaryShade: { light: 5, dark: 4 },
  colors: { tungsten, ink, dark: ink },
  black: '#1e1913',
  white: '#fffdf9',
  autoContrast: true,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: 'var(--font)', fontWeight: '600' },
  defaultRadius: 10,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: false, offset: 8, radius: 9, transitionProps: { duration: 120 } },
      styles: {
        tooltip: { background: 'var(--t1)', color: 'var(--bg)', fontSize: 12, lineHeight: '16px', padding: '6px 10px' },
      },
    }),
    Menu: Menu.extend({ defaultProps: { radius: 14, shadow: 'none', offset: 8, transitionProps: { duration: 120 } } }),
    Popover: Popover.extend({
      defaultProps: { radius: 14, shadow: 'none', offset: 8, transitionProps: { duration: 120 } },
    }),
    Modal: Modal.extend({ defaultProps: { radius: 20, centered: true, overlayProps: { backgroundOpacity: 0.6 } } }),
    Switch: Switch.extend({ defaultProps: { size: 'sm', withThumbIndicator: false } }),
    // The hint under the field, so that fields side by side stand in one line.
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
  },
});

const tokens = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--t1)',
  '--mantine-color-dimmed': 'var(--t2)',
  '--mantine-color-placeholder': 'var(--t3)',
  '--mantine-color-default': 'var(--s2)',
  '--mantine-color-default-hover': 'var(--s3)',
  '--mantine-color-default-border': 'var(--edge)',
  '--mantine-color-default-color': 'var(--t1)',
  '--mantine-color-anchor': 'var(--acc)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-disabled': 'var(--s2)',
  '--mantine-color-disabled-color': 'var(--t3)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--fill)',
  '--mantine-primary-color-filled-hover': 'var(--fill-hover)',
  '--mantine-primary-color-contrast': 'var(--onacc)',
  '--mantine-primary-color-light': 'var(--accs)',
  '--mantine-primary-color-light-color': 'var(--acc)',
};

export const resolver: CSSVariablesResolver = () => ({ variables: {}, dark: tokens, light: tokens });
