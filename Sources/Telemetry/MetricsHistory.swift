import Foundation

/// What is found in a run's `metrics.jsonl`. Lines that are damaged or unknown are passed over: they are for people.
public struct MetricsHistory: Sendable {
    public struct StepPoint: Sendable, Equatable {
        public var step: UInt64
        public var epoch: UInt64
        public var loss: Double
        public var accuracy: Double
        public var clips: Int
        /// Of the commit, seconds since 1970.
        public var time: Double
        public var seconds: Double
        /// Empty where the file is of a release that did not name them.
        public var workers: [StepTimeline.Worker]
    }

    /// In the file's order; a step that was computed again is here twice.
    public private(set) var steps: [StepPoint] = []
    public private(set) var evaluations: [EvaluationPoint] = []
    public private(set) var events: [RunEvent] = []

    /// The newest part of a longer file has all that is shown.
    public static let tail = 64 << 20

    private struct Line: Decodable {
        let kind: String
        let time: Double?
        let step: UInt64?
        let epoch: UInt64?
        let loss: Double?
        let accuracy: Double?
        let top1: Double?
        let top5: Double?
        let clips: Int?
        let seconds: Double?
        let workers: [UInt64]?
        let times: [MetricsLines.Times]?
        let event: String?
        let detail: String?
    }

    public init() {}

    /// - Parameter limit: So many of the file's last bytes are read.
    /// - Throws: Foundation's error where the file cannot be read; a run that has none has an empty history.
    public init(contentsOf path: String, limit: Int = Self.tail) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { file.closeFile() }
        let size = try file.seekToEnd()
        try file.seek(toOffset: size > UInt64(limit) ? size - UInt64(limit) : 0)
        let decoder = MetricsLines.decoder()
        for line in (try file.readToEnd() ?? Data()).split(separator: UInt8(ascii: "\n")) {
            guard
                case .success(let line) = Result(catching: {
                    try decoder.decode(Line.self, from: line)
                })
            else { continue }
            take(line)
        }
    }

    private mutating func take(_ line: Line) {
        if line.kind == "step", let step = line.step, let loss = line.loss {
            let names = line.workers ?? []
            let times = line.times ?? []
            steps.append(
                StepPoint(
                    step: step, epoch: line.epoch ?? 0, loss: loss, accuracy: line.accuracy ?? 0,
                    clips: line.clips ?? 0, time: line.time ?? 0, seconds: line.seconds ?? 0,
                    workers: zip(names, times).map {
                        StepTimeline.Worker(worker: $0, times: $1.seconds)
                    }))
        } else if line.kind == "evaluation", let step = line.step, let loss = line.loss {
            evaluations.append(
                EvaluationPoint(
                    step: step, loss: loss, top1: line.top1 ?? 0, top5: line.top5 ?? 0,
                    clips: line.clips ?? 0))
        } else if line.kind == "event", let event = line.event {
            events.append(
                RunEvent(
                    number: events.count + 1, time: line.time ?? 0, kind: event,
                    detail: line.detail ?? ""))
        }
    }
}
