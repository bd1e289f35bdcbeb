/// Who did what in the newest steps, in bounded room.
public struct StepTimeline: Sendable, Equatable {
    /// A step between two commits.
    public struct Entry: Sendable, Equatable {
        public var step: UInt64
        /// Seconds since 1970: of the commit before, and of its own.
        public var start: Double
        public var end: Double
        /// In rank order.
        public var workers: [Worker]

        public init(step: UInt64, start: Double, end: Double, workers: [Worker]) {
            self.step = step
            self.start = start
            self.end = end
            self.workers = workers
        }
    }

    /// A member's part of a step.
    public struct Worker: Sendable, Equatable {
        public var worker: UInt64
        public var times: PhaseSeconds

        public init(worker: UInt64, times: PhaseSeconds) {
            self.worker = worker
            self.times = times
        }

        /// Its phases one after another from the step's start on, and waiting for the others to its end. The exchange
        /// overlaps the last slot's computing in truth; what is counted is the time that it alone took.
        public func spans(from start: Double, to end: Double) -> [Span] {
            var spans: [Span] = []
            var at = start
            let parts: [(Phase, Double)] = [
                (.update, times.update), (.stream, times.stream), (.compute, times.compute),
                (.reduce, times.reduce),
            ]
            for (phase, seconds) in parts where seconds > 0 {
                let until = min(end, at + seconds)
                if until > at { spans.append(Span(phase: phase, start: at, end: until)) }
                at = until
            }
            if end > at { spans.append(Span(phase: .wait, start: at, end: end)) }
            return spans
        }
    }

    public enum Phase: String, Sendable, Equatable, CaseIterable {
        case update
        /// Waiting for clips.
        case stream
        case compute, reduce
        /// Waiting for the others, and for the commit.
        case wait
    }

    /// Seconds since 1970.
    public struct Span: Sendable, Equatable {
        public var phase: Phase
        public var start: Double
        public var end: Double
    }

    /// So many parts of steps are kept at most.
    private let limit: Int
    public private(set) var entries: [Entry] = []
    private var parts = 0

    public init(limit: Int = 4_000) { self.limit = limit }

    public mutating func append(_ entry: Entry) {
        entries.append(entry)
        parts += entry.workers.count + 1
        guard parts > limit else { return }
        // A quarter at once, so that the rest moves seldom.
        var dropped = 0
        while parts > limit * 3 / 4, dropped < entries.count - 1 {
            parts -= entries[dropped].workers.count + 1
            dropped += 1
        }
        entries.removeFirst(dropped)
    }
}
