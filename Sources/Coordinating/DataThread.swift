import ClipDatasets
import Logging
import ZeroMQ

/// A data server on a thread of its own.
final class DataThread {
    let endpoint: String
    private let orders: Mailbox<DataServer.Order>
    private let thread: DedicatedThread<Void>

    /// Returns when it listens.
    ///
    /// - Parameters:
    ///   - security: Nil speaks in the clear with anyone.
    ///   - onFailure: Called on its thread with the reason where it ends before it is told to.
    /// - Throws: `ZeroMQError` where it cannot listen.
    init(
        context: Context, address: String, dataset: ClipDataset, states: StateStore,
        logger: Logger, security: CoordinatorSecurity? = nil,
        onFailure: @escaping @Sendable (String) -> Void
    ) throws {
        let orders = try Mailbox<DataServer.Order>()
        let bound = try Mailbox<Result<String, ZeroMQError>>()
        self.orders = orders
        thread = try DedicatedThread(name: "data") {
            let server: DataServer
            do throws(ZeroMQError) {
                server = try DataServer(
                    context: context, address: address, dataset: dataset, states: states,
                    orders: orders, logger: logger, security: security)
                bound.send(.success(server.endpoint))
            } catch {
                bound.send(.failure(error))
                return
            }
            do {
                try server.run()
            } catch {
                onFailure("the data connection failed: \(error)")
                throw error
            }
        }
        guard let result = bound.receive(timeout: nil) else {
            preconditionFailure("a wait without a time-out ends with an element")
        }
        endpoint = try result.get()
    }

    func stop() throws {
        orders.send(.stop)
        try thread.join()
    }
}
