import Logging
import ZeroMQ

extension ControlServer {
    /// Any free port of loopback.
    static let anywhere = "tcp://127.0.0.1:0"

    /// Where the flags say, or where the workers of an earlier coordinator look for the next one.
    static func listening(
        at address: String?, before earlier: String?, _ context: Context,
        _ inbox: Mailbox<Input>, pulse: Duration, _ logger: Logger,
        _ security: CoordinatorSecurity?
    ) throws -> ControlServer {
        if address == nil, let known = earlier {
            do throws(ZeroMQError) {
                return try ControlServer(
                    context: context, address: known, inbox: inbox, pulse: pulse, logger: logger,
                    security: security)
            } catch {
                guard case .addressInUse = error else { throw error }
                // Another program's, or the coordinator's that is still at this run: the run's lock tells.
            }
        }
        return try ControlServer(
            context: context, address: address ?? anywhere, inbox: inbox, pulse: pulse,
            logger: logger, security: security)
    }

    /// The data connection listens on the same interface, at any free port.
    var dataAddress: String {
        guard let colon = endpoint.lastIndex(of: ":") else { return endpoint }
        return endpoint[..<colon] + ":0"
    }
}
