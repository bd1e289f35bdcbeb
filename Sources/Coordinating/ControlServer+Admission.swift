import AccessControl
import Logging
import TrainingProtocol
import Wire
import ZeroMQ

// Who may say what, where the connection is encrypted.

extension ControlServer {
    /// Whether a message may go on to be read as a worker's or an operator's. What someone with a token says is
    /// answered here.
    func isAdmitted(_ frames: [Message], from connection: ConnectionID) throws(ZeroMQError) -> Bool
    {
        guard let security else { return true }
        switch CoordinatorSecurity.User(name: frames[1].user) {
        case .token(let token):
            try enrol(frames, token, security)
            return false
        case .worker(let name):
            // A peer may call itself as it likes, also as another did before: its key tells who it is.
            guard users[connection, default: name] == name else { return false }
            users[connection] = name
            guard security.access.isRevoked(name) else { return true }
            try refuse(frames[0], "\(name) was revoked by an operator")
            return false
        case .operator: return users[connection] == nil
        case nil: return false
        }
    }

    /// Whether a message is of the kind that its sender may send.
    func isFitting(_ message: WorkerMessage, _ frames: [Message]) -> Bool {
        guard security != nil else { return true }
        let isOperator = CoordinatorSecurity.User(name: frames[1].user) == .operator
        switch message {
        case .drain, .stop, .inquire: return isOperator
        // Named one by one: whoever adds a message decides who may send it.
        case .hello, .ready, .attested, .reduced, .evaluated, .witnessed, .heartbeat, .stalled,
            .failed, .leaving:
            return !isOperator
        }
    }

    /// Whether others can reach a worker at the address of its route here. Where the coordinator listens everywhere, one
    /// on its own machine may have come by loopback.
    func isReachable(_ message: WorkerMessage, _ frames: [Message]) throws(ZeroMQError) -> Bool {
        guard case .hello(let hello) = message, BindAddress.isWildcard(endpoint),
            let address = frames[1].peerAddress, BindAddress.isLoopback("tcp://\(address):0")
        else { return true }
        let reason =
            "it came by loopback, where other workers cannot reach it: join by the address of an "
            + "interface of this machine, as `ip address` shows them"
        try refuse(frames[0], reason)
        inbox.send(.refused(host: hello.host, reason: reason))
        return false
    }

    private func refuse(_ peer: Message, _ reason: String) throws(ZeroMQError) {
        let refusal = Stamped(
            run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
            body: CoordinatorMessage.refusal(reason: reason))
        try answer(peer) { () throws(WireError) in try refusal.serialized() }
    }

    private func enrol(
        _ frames: [Message], _ token: CurveKey, _ security: CoordinatorSecurity
    ) throws(ZeroMQError) {
        let request: EnrolmentRequest
        do throws(WireError) {
            request = try EnrolmentRequest(serialized: frames[1].bytes)
        } catch {
            logger.warning("dropped a word of someone with a token: \(error)")
            return
        }
        let reply: EnrolmentAnswer
        do throws(AccessError) {
            guard let key = CurveKey(request.key) else { return }
            let name = try security.access.enrol(key, by: token, host: request.host)
            reply = .enrolled(name: name)
        } catch {
            security.noteRefusal(of: request.host, "\(error)")
            reply = .refused(reason: "\(error)")
        }
        try answer(frames[0]) { () throws(WireError) in try reply.serialized() }
    }

    private func answer(
        _ peer: Message, _ bytes: () throws(WireError) -> [UInt8]
    ) throws(ZeroMQError) {
        let frame: Message
        do throws(WireError) {
            frame = Message(try bytes())
        } catch {
            return logger.error("an answer could not be written: \(error)")
        }
        do throws(ZeroMQError) {
            _ = try router.trySend([peer, frame])
        } catch {
            // One that has gone meanwhile needs no answer.
            guard case .unroutable = error else { throw error }
        }
    }

    /// Workers that were revoked since the last look, which is at most once a second.
    func takeRevoked() -> [ConnectionID] {
        guard let security, ContinuousClock.now - lastLook > .seconds(1) else { return [] }
        lastLook = .now
        do throws(AccessError) {
            guard try security.access.refresh() else { return [] }
        } catch {
            logger.error("the list of who may connect cannot be read: \(error)")
            return []
        }
        let revoked = users.filter { security.access.isRevoked($0.value) }.map(\.key)
        return revoked.sorted()
    }

    /// Tells of those who did not get to show a key.
    func noteStrangers() throws(ZeroMQError) {
        guard let security else { return }
        for stranger in try connections.takeStrangers() { security.note(stranger) }
    }
}
