public import AccessControl
import Collectives
import Glibc
public import Logging
import Tensors
import Training
public import TrainingProtocol
import Wire
public import ZeroMQ

/// A worker: joins a coordinator, computes what it is dealt, and leaves when the run ends.
///
/// The thread that calls `run` owns the control connection; compute, clips and gradients have threads and
/// sockets of their own, so that nothing they do delays a heartbeat.
public final class WorkerProcess {
    /// How a worker is started.
    public struct Options: Sendable {
        /// Of the coordinator's control connection, as `tcp://head:5555`.
        public var address: String
        public var threads: Int
        /// Tells the coordinator that it started this process itself.
        public var launchToken: String
        /// Nil for a coordinator that speaks in the clear.
        public var keys: WorkerKeys?
        /// How long it looks for a coordinator that is not there yet; nil: for as long as one needs to start.
        public var patience: Duration?

        public init(
            address: String, threads: Int, launchToken: String = "", keys: WorkerKeys? = nil,
            patience: Duration? = nil
        ) {
            self.patience = patience
            self.keys = keys
            self.address = address
            self.threads = threads
            self.launchToken = launchToken
        }
    }

    private let options: Options
    private let logger: Logger
    /// For clips and gradients. The control connection has a context of its own, which ends, and with it
    /// delivers the worker's last words, whatever these threads do.
    private let bulk: Context
    private let host: String
    private let security: WorkerSecurity?
    private let hands: ComputeControl
    private let events: Mailbox<WorkerEvent>
    private let start = ContinuousClock.now

    /// - Throws: `ZeroMQError`, `RouteError` where the coordinator's address cannot be used.
    public init(_ options: Options, logger: Logger) throws {
        self.options = options
        self.logger = logger
        // I/O threads encrypt, too, at less than a GB/s each.
        bulk = try Context(
            ioThreads: options.keys == nil ? 1 : 2, maximumSockets: OpenFiles.raiseLimit())
        security = try options.keys.map { [bulk] keys in
            WorkerSecurity(
                coordinator: .client(keys.pair, server: keys.coordinator),
                peers: try PeerKeys(context: bulk))
        }
        host = try Route.localAddress(towards: options.address)
        hands = try ComputeControl()
        events = try Mailbox()
    }

    /// Where a request to leave may come from, as a signal's handler.
    public var requests: Mailbox<WorkerEvent> { events }

    /// Works until the run ends or this worker has to leave it.
    public func run() throws -> WorkerOutcome {
        let compute = try DedicatedThread(name: "compute") {
            [hands, bulk, host, security, events, threads = options.threads, logger] in
            ComputeLoop(
                control: hands, context: bulk, host: host, security: security, events: events,
                threads: threads, logger: logger
            ).serve()
        }
        let outcome = try control()
        hands.orders.send(.stop)
        if case .completed = outcome { try compute.join() }
        return outcome
    }

    private func control() throws -> WorkerOutcome {
        let context = try Context()
        var options = Self.socketOptions
        options.curve = security?.coordinator
        let dealer = try Socket(.dealer, in: context, options: options)
        var watch = HandshakeWatch(try SocketMonitor(dealer), hasKeys: security != nil)
        try dealer.connect(self.options.address)
        var keys = self.options.keys
        var machine = WorkerMachine(hello: try hello(), patience: self.options.patience)
        if let outcome = try carryOut(machine.start(now: now), dealer) { return outcome }

        var poller = Poller()
        let readable = poller.add(dealer, .readable)
        _ = poller.add(watch.events, .readable)
        _ = poller.add(events)
        while true {
            try poller.wait(timeout: machine.deadlines.pulse)
            var pending: [WorkerEvent] = []
            while poller.isReady(readable), let frames = try dealer.tryReceive() {
                if let message = parse(frames) { pending.append(.received(message)) }
            }
            if try watch.verdict() != nil { return .refused(reason: watch.explanation) }
            if watch.hasStood { noteEnrolled(&keys) }
            pending += events.drain()
            if let awaiting = hands.awaiting { pending.append(.awaiting(awaiting)) }
            pending.append(.tick)
            for event in pending {
                if let outcome = try carryOut(machine.on(event, now: now), dealer) {
                    return outcome
                }
            }
        }
    }

    /// The coordinator lets the own key in: the token need not be shown again, though the answer to it was lost.
    private func noteEnrolled(_ keys: inout WorkerKeys?) {
        guard keys?.isEnrolled == false else { return }
        do throws(AccessError) {
            try keys?.enrolled()
        } catch {
            logger.warning("the next start shows the token again: \(error)")
        }
    }

    /// Of the coordinator: the largest lists all members of a generation, or the names of all classes.
    private static let largestWord = 64 << 20

    private static var socketOptions: SocketOptions {
        var options = SocketOptions()
        options.linger = .seconds(1)
        // While the coordinator is gone nothing piles up: what matters is said again.
        options.immediate = true
        options.reconnectInterval = Deadlines.standard.reconnect
        options.maximumReconnectInterval = Deadlines.standard.reconnectAtMost
        options.connectTimeout = Deadlines.standard.connect
        options.maximumMessageSize = largestWord
        return options
    }

    private var now: Duration { ContinuousClock.now - start }

    private func parse(_ frames: [Message]) -> Stamped<CoordinatorMessage>? {
        do {
            guard frames.count == 1 else { return nil }
            return try Stamped<CoordinatorMessage>(serialized: frames[0].bytes)
        } catch {
            logger.warning("dropped a control message: \(error)")
            return nil
        }
    }

    private func carryOut(
        _ directives: [WorkerDirective], _ dealer: Socket
    ) throws -> WorkerOutcome? {
        for directive in directives {
            switch directive {
            case .send(let message):
                _ = try dealer.trySend([Message(try message.serialized())])
            case .prepare(let run, let term, let introduction):
                var reachable = introduction
                reachable.dataAddress = Route.address(
                    introduction.dataAddress, byHostOf: options.address)
                hands.orders.send(.prepare(run, term, reachable))
            case .interrupt(let generation): hands.interrupt(before: generation)
            case .adopt(let generation, let members, let rank):
                // At once, also where the hands are busy: the others may be waiting to be let in.
                security?.peers.admit(members.map(\.gradientAddress))
                hands.orders.send(.adopt(generation, members: members, rank))
            case .load(let step, let generation, let source):
                hands.orders.send(.load(step, generation, source))
            case .attest(let step, let generation):
                hands.orders.send(.attest(step, generation))
            case .compute(let step, let generation, let slots, let contested):
                hands.orders.send(.compute(step, generation, slots: slots, contested: contested))
            case .reduce(let step, let generation):
                hands.orders.send(.reduce(step, generation))
            case .update(let step): hands.orders.send(.update(step))
            case .evaluate(let step, let generation, let blocks):
                hands.orders.send(.evaluate(step, generation, blocks: blocks))
            case .upload(let step): hands.orders.send(.upload(step))
            case .note(let note): logger.info("\(note.text)")
            case .end(let outcome): return outcome
            }
        }
        return nil
    }

    private func hello() throws -> Hello {
        let profile = try NumericsProfile.current()
        return Hello(
            protocolVersion: protocolVersion, profile: profile.entries, host: Self.hostName,
            process: Int64(getpid()), threads: options.threads, launchToken: options.launchToken)
    }

    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown host" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension WorkerNote {
    /// For a log.
    var text: String {
        switch self {
        case .joined(let worker): "joined as worker \(worker)"
        case .began(let generation, let state, let rank, let members, let slots, let reason):
            "generation \(generation) at step \(state): rank \(rank) of \(members), slots \(slots) "
                + "(\(reason))"
        case .greeting(let reason): "saying hello again: \(reason)"
        case .coordinatorSilent(let time):
            "the coordinator has been silent for \(time.secondsText); keeping state and sums for it"
        case .leaving(let reason): "leaving at the end of the step: \(reason)"
        }
    }
}
