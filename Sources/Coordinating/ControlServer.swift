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
    let start = ContinuousClock.now
    var connections: PeerConnections<ConnectionID>
    var table = ConnectionTable()
    var memberLists = MemberListCache()
    private let pulse: Duration
    var drops = RepeatedNote()
    var refusals = RepeatedNote()
    private var observed: ContinuousClock.Instant?
    /// Operators who asked how the run is.
    var inquirers: [(connection: ConnectionID, run: RunID)] = []

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
        try seeOff(machine, effects)
        return outcome
    }

    /// Lets workers read the last words and leave by themselves: a connection that is closed while something of the
    /// worker's lies unread is reset, and what the worker has not read yet is lost with it. Operators, who may look on
    /// for ever, are not waited for.
    private func seeOff(
        _ machine: CoordinatorMachine, _ effects: Effects
    ) throws(ZeroMQError) {
        let deadline = ContinuousClock.now + Self.farewell
        var poller = Poller()
        _ = poller.add(router, .readable)
        _ = poller.add(monitor.events, .readable)
        while connections.contains(where: machine.hasPeer), ContinuousClock.now < deadline {
            try poller.wait(timeout: deadline - .now)
            var unheard: [CoordinatorEvent] = []
            try receive(into: &unheard)
            answerInquirers(machine, effects)
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
            // What they had said came before that, maybe just after the look at the socket.
            if !closed.isEmpty { try receive(into: &events) }
            let lost = closed.filter { !isOwn($0, effects) }
            let inputs = inbox.drain()
            events += inputs.compactMap { event(for: $0, machine, effects) }
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
            // Only now: what is sent to one before its turn fails for a reason that its own event tells.
            for case .launchedWorkerEnded(let process, _, _) in inputs {
                table.removeProcess(process)
            }
            for connection in closed {
                users[connection] = nil
                table.remove(connection, keepsProcess: !lost.contains(connection))
            }
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
            guard let connection = table.connection(ofProcess: process),
                machine.hasPeer(connection)
            else {
                // One that was drained is no peer any more, and no failure; one that was refused is.
                if isOrderly { return nil }
                return .launchFailed(
                    reason: "a worker of this machine ended and has no part in the run: \(reason)")
            }
            return .disconnected(connection, reason: reason)
        }
    }
}
