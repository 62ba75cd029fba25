/** Stands in the engine's place for one run of a program: it answers at once, so that the program's own time is all there is. */
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { unary } from "../lab/plugins/rpc";

export class Monitor {
  /** `127.0.0.1` and a free port: where a program looks for the engine and its monitor. */
  address = "";
  /** When the last resource was registered, in milliseconds of `performance.now()`. */
  last = 0;
  registrations = 0;
  private root = "";
  private readonly server = new grpc.Server();

  private constructor() {
    const nothing = unary(() => new Empty());
    // Calls that this program does not make are answered as not implemented.
    this.server.addService(ResourceMonitorService, {
      supportsFeature: unary(() => new resource.SupportsFeatureResponse().setHassupport(true)),
      registerResource: unary((request: resource.RegisterResourceRequest) => this.register(request)),
      readResource: unary((request: resource.ReadResourceRequest) => this.read(request)),
      // The program invokes nothing but `pulumi:pulumi:getResource`, for the outputs that a component had last time: none yet.
      invoke: unary(() =>
        new resource.ResourceInvokeResponse().setReturn(Struct.fromJavaScript({ urn: "", id: "", state: {} })),
      ),
      registerResourceOutputs: nothing,
      registerResourceHook: nothing,
      signalAndWaitForShutdown: nothing,
    });
    this.server.addService(EngineService, {
      log: nothing,
      getRootResource: unary(() => new engine.GetRootResourceResponse().setUrn(this.root)),
      setRootResource: unary((request: engine.SetRootResourceRequest) => {
        this.root = request.getUrn();
        return new engine.SetRootResourceResponse();
      }),
    });
  }

  static async listen(): Promise<Monitor> {
    const monitor = new Monitor();
    const port = await new Promise<number>((resolve, reject) => {
      const insecure = grpc.ServerCredentials.createInsecure();
      monitor.server.bindAsync("127.0.0.1:0", insecure, (error, port) => (error ? reject(error) : resolve(port)));
    });
    monitor.address = `127.0.0.1:${port}`;
    return monitor;
  }

  /** What a preview of a new stack answers: the inputs, and no id yet. */
  private register(request: resource.RegisterResourceRequest): resource.RegisterResourceResponse {
    this.last = performance.now();
    this.registrations += 1;
    const urn = `urn:pulumi:bench::cassandra::${request.getType()}::${request.getName()}`;
    return new resource.RegisterResourceResponse().setUrn(urn).setObject(request.getObject());
  }

  /** An object of the cluster, of which nothing but the name is known. */
  private read(request: resource.ReadResourceRequest): resource.ReadResourceResponse {
    const urn = `urn:pulumi:bench::cassandra::${request.getType()}::${request.getName()}`;
    return new resource.ReadResourceResponse().setUrn(urn).setProperties(request.getProperties());
  }

  close(): void {
    this.server.forceShutdown();
  }
}
