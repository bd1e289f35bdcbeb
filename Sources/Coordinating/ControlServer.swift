import Logging
import TrainingProtocol
import Wire
import ZeroMQ

/// The coordinator's control connection: carries out what its `CoordinatorMachine` directs.
///
/// It belongs to the thread that makes and runs it. Everything else reaches it through `inbox`.
final class ControlServer {
    /// What other threads tell the control thread.
    enum Input: Sendable {
        case event(CoordinatorEvent)
        /// A process that the coordinator started has ended.
        ///
        /// - Parameter isOrderly: Whether it was let go, or its run is over.
        case launchedWorkerEnded(process: Int64, reason: String, isOrderly: Bool)
        /// Someone was turned away who is no worker yet.
        case refused(host: String, reason: String)
    }

    /// Where the machine's directives go besides the network.
    struct Effects {
        /// Makes a record durable.
        var append: (JournalRecord) throws -> Void
        /// Shows and keeps a note.
        var note: (CoordinatorNote) -> Void
        /// Whether a process runs that the coordinator started: how it ends is told by the system.
        var isOwn: (_ process: Int64) -> Bool
        /// Shows how the run is, now and then.
        var observe: (CoordinatorOverview) -> Void = { _ in }
        /// Tells an operator how the run is.
        var status: () -> String = { "" }
    }

    /// How long workers have to leave at the end; a silent one leaves later.
    private static let farewell = Duration.seconds(1)
    /// A turn that took so many pulses was held up.
    private static let hold = 4
    /// How often it is shown how the run is.
    private static let observation = Duration.milliseconds(250)
    /// What a worker's frame may have at most; the largest is a report of all slots of a step.
    private static let maximumFrameSize = 1 << 20
    /// Frames of one worker that wait to be read: it says a few things a heartbeat.
    private static let queuedFrames = 64
    /// Messages that are read before the machine has its turn: a flood must not keep it from the time.
    private static let messagesATurn = 1024

    let endpoint: String
    let router: Socket
    private let monitor: SocketMonitor
    let inbox: Mailbox<Input>
    let logger: Logger
    /// Nil where everything is said in the clear.
    let security: CoordinatorSecurity?
    /// The names of workers that were let in, where they have to be.
    var users: [ConnectionID: String] = [:]
    var lastLook = ContinuousClock.now
    private let start = ContinuousClock.now
    var connections: PeerConnections<ConnectionID>
    private var identities: [ConnectionID: [UInt8]] = [:]
    private var connectionOf: [[UInt8]: ConnectionID] = [:]
    /// Of workers that were started by a coordinator, this or an earlier one.
    private var processOf: [ConnectionID: Int64] = [:]
    private var connectionOfProcess: [Int64: ConnectionID] = [:]
    private var memberLists = MemberListCache()
    private let pulse: Duration
    private var nextConnection = ConnectionID(1)
    private var drops = RepeatedNote()
    private var refusals = RepeatedNote()
    private var observed: ContinuousClock.Instant?
    /// Operators who asked how the run is.
    private var inquirers: [(connection: ConnectionID, run: RunID)] = []

    /// - Parameters:
    ///   - address: As `tcp://127.0.0.1:5555`; port 0 takes any free one.
    ///   - security: Nil speaks in the clear with anyone.
    /// - Throws: `ZeroMQError.addressInUse` and its kin.
    init(
        context: Context, address: String, inbox: Mailbox<Input>, pulse: Duration, logger: Logger,
        security: CoordinatorSecurity? = nil
    ) throws(ZeroMQError) {
        self.security = security
        var options = SocketOptions()
        options.mandatoryRouting = true
        // The last words, `finish`, should reach workers that are a little behind.
        options.linger = .seconds(1)
        options.maximumMessageSize = Self.maximumFrameSize
        options.receiveHighWaterMark = Self.queuedFrames
        options.handshakeInterval = SocketOptions.shortHandshake
        if let security {
            options.curve = security.role(CoordinatorSecurity.controlDomain)
            options.ioThreads = CoordinatorSecurity.controlThread
        }
        router = try Socket(.router, in: context, options: options)
        monitor = try SocketMonitor(router)
        connections = PeerConnections(monitor)
        endpoint = try router.bind(address)
        self.inbox = inbox
        self.pulse = pulse
        self.logger = logger
    }

    /// Serves until the machine ends.
    func run(_ machine: inout CoordinatorMachine, effects: Effects) throws(ZeroMQError) -> Outcome {
        let outcome = try serve(&machine, effects)
        try seeOff()
        return outcome
    }

    /// Lets workers read the last words and leave by themselves: a connection that is closed while something of the
    /// worker's lies unread is reset, and what the worker has not read yet is lost with it.
    private func seeOff() throws(ZeroMQError) {
        let deadline = ContinuousClock.now + Self.farewell
        var poller = Poller()
        _ = poller.add(router, .readable)
        _ = poller.add(monitor.events, .readable)
        while !connections.isEmpty, ContinuousClock.now < deadline {
            try poller.wait(timeout: deadline - .now)
            while try router.tryReceive() != nil {}
            _ = try connections.takeLost()
        }
    }

    private func serve(
        _ machine: inout CoordinatorMachine, _ effects: Effects
    ) throws(ZeroMQError) -> Outcome {
        var poller = Poller()
        let readable = poller.add(router, .readable)
        _ = poller.add(monitor.events, .readable)
        _ = poller.add(inbox)
        while true {
            try poller.wait(timeout: pulse)
            let turn = ContinuousClock.now
            var events: [CoordinatorEvent] = []
            if poller.isReady(readable) { try receive(into: &events) }
            // The end of a process of our own is reported with its cause, a moment later.
            let closed = try connections.takeLost()
            let lost = closed.filter { !isOwn($0, effects) }
            events += inbox.drain().compactMap { event(for: $0, machine, effects) }
            // After the causes that have come: of two reasons for one loss the first one counts.
            if !lost.isEmpty {
                events.append(.allDisconnected(lost, reason: "its connection closed"))
            }
            try noteStrangers()
            let revoked = takeRevoked().filter { machine.hasPeer($0) }
            if !revoked.isEmpty {
                events.append(.allDisconnected(revoked, reason: "an operator revoked its access"))
            }
            for event in events {
                if let outcome = handle(event, &machine, effects) { return outcome }
            }
            for connection in closed { forget(connection, isLost: lost.contains(connection)) }
            if turn - (observed ?? start) >= Self.observation || !inquirers.isEmpty {
                observed = turn
                effects.observe(machine.overview(now: turn - start))
            }
            answerInquirers(machine, effects)
            // After a slow disk or terminal the workers' signs of life still wait in the socket: they are heard
            // before anyone is found silent.
            if ContinuousClock.now - turn < pulse * Self.hold,
                let outcome = handle(.tick, &machine, effects)
            {
                return outcome
            }
        }
    }

    private func event(
        for input: Input, _ machine: CoordinatorMachine, _ effects: Effects
    ) -> CoordinatorEvent? {
        switch input {
        case .refused(let host, let reason):
            effects.note(.refused(host: host, reason: reason))
            return nil
        case .event(let event):
            return event
        case .launchedWorkerEnded(let process, let reason, let isOrderly):
            let known = connectionOfProcess.removeValue(forKey: process)
            if let known { processOf[known] = nil }
            guard let connection = known, machine.hasPeer(connection) else {
                // One that was drained is no peer any more, and no failure; one that was refused is.
                if isOrderly { return nil }
                return .launchFailed(
                    reason: "a worker of this machine ended and has no part in the run: \(reason)")
            }
            return .disconnected(connection, reason: reason)
        }
    }

    private func isOwn(_ connection: ConnectionID, _ effects: Effects) -> Bool {
        processOf[connection].map(effects.isOwn) ?? false
    }

    private func receive(into events: inout [CoordinatorEvent]) throws(ZeroMQError) {
        for _ in 0..<Self.messagesATurn {
            guard let frames = try router.tryReceive() else { return }
            guard frames.count == 2 else {
                dropped("it has \(frames.count - 1) frames and not one")
                continue
            }
            let connection = connection(of: frames[0].bytes)
            try connections.note(frames[0], from: connection)
            guard try isAdmitted(frames, from: connection), let message = parsed(frames),
                try isReachable(message.body, frames)
            else { continue }
            if case .inquire = message.body {
                inquirers.append((connection, message.run))
                continue
            }
            if case .hello(let hello) = message.body, !hello.launchToken.isEmpty {
                processOf[connection] = hello.process
                connectionOfProcess[hello.process] = connection
            }
            events.append(.received(message, from: connection))
        }
    }

    private func dropped(_ reason: String) {
        if let text = drops.note(reason) { logger.warning("dropped a control message: \(text)") }
    }

    /// What is kept of a connection that is closed.
    private func forget(_ connection: ConnectionID, isLost: Bool) {
        if let identity = identities.removeValue(forKey: connection) {
            connectionOf[identity] = nil
        }
        users[connection] = nil
        // The end of a process of our own is still to be told.
        guard isLost, let process = processOf.removeValue(forKey: connection) else { return }
        if connectionOfProcess[process] == connection { connectionOfProcess[process] = nil }
    }

    /// Nil for what is no message, or none that its sender may send.
    private func parsed(_ frames: [Message]) -> Stamped<WorkerMessage>? {
        do throws(WireError) {
            let message = try Stamped<WorkerMessage>(serialized: frames[1].bytes)
            if isFitting(message.body, frames) { return message }
            dropped("its sender may not send it")
        } catch {
            dropped("\(error)")
        }
        return nil
    }

    private func answerInquirers(_ machine: CoordinatorMachine, _ effects: Effects) {
        guard !inquirers.isEmpty else { return }
        let status = effects.status()
        for (connection, run) in inquirers {
            let isServed = machine.serves(run)
            let text = isServed ? status : "the coordinator at this address serves another run"
            let answer = Stamped(
                run: run, term: Term(0), generation: Generation(0), step: Step(0),
                body: CoordinatorMessage.answer(accepted: isServed, text: text))
            _ = send(answer, to: connection, effects)
        }
        inquirers = []
    }

    private func connection(of identity: [UInt8]) -> ConnectionID {
        if let known = connectionOf[identity] { return known }
        let connection = nextConnection
        nextConnection = connection.next
        connectionOf[identity] = connection
        identities[connection] = identity
        return connection
    }

    /// Carries out what the machine makes of an event, and of the events that this brings about.
    private func handle(
        _ event: CoordinatorEvent, _ machine: inout CoordinatorMachine, _ effects: Effects
    ) -> Outcome? {
        var queue = [event]
        while !queue.isEmpty {
            let directives = machine.on(queue.removeFirst(), now: ContinuousClock.now - start)
            carryingOut: for directive in directives {
                switch directive {
                case .send(let message, let connection):
                    if let failure = send(message, to: connection, effects) {
                        queue.append(failure)
                    }
                case .append(let record):
                    do {
                        try effects.append(record)
                    } catch {
                        let reason = "the journal cannot be written: \(error)"
                        // Where the machine has ended, nobody is left to make anything of it.
                        if machine.hasEnded { return .failed(reason: reason) }
                        queue.append(.journalFailed(reason: reason))
                        break carryingOut
                    }
                case .note(.refused(let host, let reason)):
                    if let text = refusals.note(reason) {
                        effects.note(.refused(host: host, reason: text))
                    }
                case .note(let note):
                    effects.note(note)
                case .end(let outcome):
                    return outcome
                }
            }
        }
        return nil
    }

    /// - Returns: The event of a message that could not be sent.
    private func send(
        _ message: Stamped<CoordinatorMessage>, to connection: ConnectionID, _ effects: Effects
    ) -> CoordinatorEvent? {
        guard let identity = identities[connection] else { return nil }
        do {
            let frames = [Message(identity), Message(try message.serialized(using: &memberLists))]
            if try router.trySend(frames) { return nil }
            return .disconnected(connection, reason: "it does not read what it is sent")
        } catch ZeroMQError.unroutable {
            // A process of our own that has ended is reported with its cause.
            if isOwn(connection, effects) { return nil }
            return .disconnected(connection, reason: "its connection closed")
        } catch {
            return .disconnected(connection, reason: "\(error)")
        }
    }
}
