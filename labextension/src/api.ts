/** The only place that knows the server's addresses. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type {
  IAnalysis,
  IConverted,
  IForms,
  IRefused,
  IRun,
  IRunStepDetails,
  ISuggestion
} from './types';

export interface INotebookOrder {
  path: string;
  notebook: Partial<INotebookContent>;
}

export interface ISubmitted {
  id: string;
  url: string;
}

export interface ICluster {
  host: string;
  namespace: string;
}

export class Api {
  constructor(private readonly server: ServerConnection.ISettings) {}

  analyse(order: INotebookOrder): Promise<IAnalysis> {
    return this.request('POST', 'analyse', order);
  }

  suggest(order: INotebookOrder): Promise<ISuggestion> {
    return this.request('POST', 'suggest', order);
  }

  convert(order: INotebookOrder, target: string): Promise<IConverted> {
    return this.request('POST', 'compile', { ...order, target });
  }

  forms(): Promise<IForms> {
    return this.request('GET', 'schema');
  }

  async runs(path: string): Promise<IRun[]> {
    const answer = await this.request<{ runs: IRun[] }>('GET', `runs?${query({ path })}`);
    return answer.runs;
  }

  start(
    order: INotebookOrder,
    parameters: Record<string, unknown>
  ): Promise<{ run: string } | IRefused> {
    return this.request('POST', 'runs', { ...order, parameters });
  }

  run(path: string, id: string): Promise<IRun> {
    return this.request('GET', `runs/${id}?${query({ path })}`);
  }

  cancel(path: string, id: string): Promise<{ cancelled: boolean }> {
    return this.request('DELETE', `runs/${id}?${query({ path })}`);
  }

  runStep(path: string, id: string, step: string): Promise<IRunStepDetails> {
    return this.request('GET', `runs/${id}/step?${query({ path, step })}`);
  }

  executedNotebook(path: string, id: string): Promise<{ path: string }> {
    return this.request('POST', `runs/${id}/notebook`, { path });
  }

  reportUrl(path: string, id: string): string {
    return this.url(`runs/${id}/report?${query({ path })}`);
  }

  submit(
    order: INotebookOrder,
    cluster: ICluster,
    parameters: Record<string, unknown>
  ): Promise<ISubmitted | IRefused> {
    return this.request('POST', 'submit', { ...order, ...cluster, parameters });
  }

  submitted(id: string, cluster: ICluster): Promise<{ state: string }> {
    return this.request('GET', `submitted/${id}?${query({ ...cluster })}`);
  }

  private url(route: string): string {
    return `${URLExt.join(this.server.baseUrl, 'nb2pipe', 'api')}/${route}`;
  }

  private async request<T>(method: string, route: string, body?: object): Promise<T> {
    const response = await ServerConnection.makeRequest(
      this.url(route),
      { method, body: body === undefined ? null : JSON.stringify(body) },
      this.server
    );
    if (!response.ok) {
      throw await ServerConnection.ResponseError.create(response);
    }
    return (await response.json()) as T;
  }
}

function query(values: Record<string, string>): string {
  return new URLSearchParams(values).toString();
}
