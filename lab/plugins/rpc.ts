import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** As large as the engine's own limit: whole stacks of state pass through these calls. */
const messageSizes = { "grpc.max_receive_message_length": 400 << 20, "grpc.max_send_message_length": 400 << 20 };

/** The engine's address, which it gives a plugin as the last argument; empty when started by hand. */
export const engineAddress =
  process.argv
    .slice(2)
    .filter((argument) => !argument.startsWith("-"))
    .at(-1) ?? "";

type Unary<Request, Response> = (request: Request) => Promise<Response> | Response;

/** A gRPC handler that answers with what `work` returns, or with the error that it throws. */
export function unary<Request, Response>(work: Unary<Request, Response>): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(work)
      .then(
        (response) => callback(null, response),
        (error: Error & Partial<grpc.ServiceError>) =>
          callback({ code: error.code ?? grpc.status.UNKNOWN, details: error.message, metadata: error.metadata }),
      );
  };
}

/**
 * Serves a plugin on a free port of 127.0.0.1, printed on standard output as the engine expects. The process ends
 * with its parent, and at the interrupt that the engine sends after `cancel`; an interrupt before that (Ctrl-C to a
 * whole process group) is ignored, since the engine still needs its plugins for an orderly end.
 * @param onCancel called when the engine cancels: stop long work, so that its calls return
 */
export function serve(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
  onCancel: () => void = () => undefined,
): void {
  let cancelled = false;
  const cancel = unary(() => {
    cancelled = true;
    onCancel();
    return new Empty();
  });
  const server = new grpc.Server(messageSizes);
  server.addService(service, { ...implementation, cancel });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
  process.on("SIGINT", () => cancelled && process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 500);
}

let engine: EngineClient | undefined;

/** Shows a line to the user of `pulumi`; an ephemeral one only as the status of the resource `urn`. */
export function tell(message: string, urn = "", ephemeral = false): void {
  if (!engineAddress) return;
  engine ??= new EngineClient(engineAddress, grpc.credentials.createInsecure());
  const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(message).setUrn(urn);
  // An unseen line is not worth failing a deployment for.
  engine.log(request.setEphemeral(ephemeral), () => undefined);
}
