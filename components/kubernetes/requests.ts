import type { ApiConstructor, ApiType, Configuration, KubeConfig, RequestContext } from "@kubernetes/client-node";

/** An error of `fetch`, which says "fetch failed" or "terminated" and keeps the reason apart. */
type FetchError = Error & { cause?: Error & { code?: string; errors?: Error[] } };

/** A kubeconfig whose clients name the request that failed and the reason, when the API server cannot be reached. */
export async function emptyKubeConfig(): Promise<KubeConfig> {
  const { KubeConfig, ResponseContext, wrapHttpLibrary } = await import("@kubernetes/client-node");

  /** Takes the configuration that the client library makes for each of its APIs. */
  class Configured {
    constructor(readonly configuration: Configuration) {}
  }

  class NamingKubeConfig extends KubeConfig {
    override makeApiClient<T extends ApiType>(Api: ApiConstructor<T>): T {
      const { configuration } = super.makeApiClient(Configured);
      const send = async (request: RequestContext) => {
        const named = (error: FetchError): never => {
          throw withReason(error, `${request.getHttpMethod()} ${request.getUrl()}`);
        };
        const { httpStatusCode, headers, body } = await configuration.httpApi.send(request).toPromise().catch(named);
        return new ResponseContext(httpStatusCode, headers, { ...body, text: () => body.text().catch(named) });
      };
      return new Api({ ...configuration, httpApi: wrapHttpLibrary({ send }) });
    }
  }
  return new NamingKubeConfig();
}

/** @returns an error with the reason in its message, and with the reason's code, such as ECONNREFUSED */
function withReason(error: FetchError, request: string): Error {
  const { cause } = error;
  if (!cause) return error;
  // A name with several addresses: one reason for each address, and none for all.
  const reason = cause.message || cause.errors?.map(({ message }) => message).join("; ") || cause.code;
  // Programs of users compile this file with a target that knows no second argument of Error.
  return Object.assign(new Error(`${request}: ${reason}`), { cause, code: cause.code });
}
