import { LabIcon } from '@jupyterlab/ui-components';

/** Three steps and what flows between them. */
export const pipelineIcon = new LabIcon({
  name: 'nb2pipe:pipeline',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
<g class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.4">
<rect x="1.5" y="1.5" width="5" height="4" rx="1"/><rect x="9.5" y="6" width="5" height="4" rx="1"/>
<rect x="1.5" y="10.5" width="5" height="4" rx="1"/><path d="M6.5 3.5H8V8h1.5M6.5 12.5H8V8"/></g></svg>`
});
