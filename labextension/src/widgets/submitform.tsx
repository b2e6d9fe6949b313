/** Where Kubeflow is. Who one is there, its client finds out by itself: nothing secret is asked for. */

import type { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ICluster } from '../api';

export class SubmitForm extends ReactWidget implements Dialog.IBodyWidget<ICluster> {
  constructor(
    private cluster: ICluster,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('nb2p-SubmitForm');
  }

  getValue(): ICluster {
    return { host: this.cluster.host.trim(), namespace: this.cluster.namespace.trim() };
  }

  protected render(): JSX.Element {
    const trans = this.trans;
    return (
      <>
        {this.input('host', trans.__('Address of Kubeflow Pipelines'), 'https://')}
        {this.input('namespace', trans.__('Namespace (your profile)'), '')}
        <p>
          {trans.__(
            'Both are remembered. Credentials are those that the kfp client finds; none are stored.'
          )}
        </p>
      </>
    );
  }

  private input(key: keyof ICluster, label: string, placeholder: string): JSX.Element {
    return (
      <label className="nb2p-Field">
        {label}
        <input
          className="jp-mod-styled"
          type="text"
          defaultValue={this.cluster[key]}
          placeholder={placeholder}
          onChange={event => {
            this.cluster = { ...this.cluster, [key]: event.target.value };
          }}
        />
      </label>
    );
  }
}
