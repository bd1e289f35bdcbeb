import Foundation

/// What a run measures as lines of JSON: one object a step, an evaluation, an event.
public struct MetricsLines {
    /// Seconds that a member spent in each phase of a step.
    public struct Times: Codable, Sendable {
        let clips: Double
        let compute: Double
        let reduce: Double
        let update: Double

        public init(_ times: PhaseSeconds) {
            clips = times.stream
            compute = times.compute
            reduce = times.reduce
            update = times.update
        }

        var seconds: PhaseSeconds {
            PhaseSeconds(stream: clips, compute: compute, reduce: reduce, update: update)
        }
    }

    public struct StepLine: Codable {
        var kind = "step"
        let time: Double
        let step: UInt64
        let epoch: UInt64
        let loss: Double
        let accuracy: Double
        let clips: Int
        /// Wall-clock time since the commit before, or since the generation began.
        let seconds: Double
        let clipsPerSecond: Double
        /// In rank order: who took part, and what each took.
        let workers: [UInt64]
        let times: [Times]

        public init(
            time: Double, step: UInt64, epoch: UInt64, loss: Double, accuracy: Double, clips: Int,
            seconds: Double, clipsPerSecond: Double, workers: [UInt64], times: [Times]
        ) {
            self.time = time
            self.step = step
            self.epoch = epoch
            self.loss = loss
            self.accuracy = accuracy
            self.clips = clips
            self.seconds = seconds
            self.clipsPerSecond = clipsPerSecond
            self.workers = workers
            self.times = times
        }
    }

    public struct EvaluationLine: Codable {
        var kind = "evaluation"
        let time: Double
        let step: UInt64
        let loss: Double
        let top1: Double
        let top5: Double
        let clips: Int

        public init(time: Double, _ point: EvaluationPoint) {
            self.time = time
            step = point.step
            loss = point.loss
            top1 = point.top1
            top5 = point.top5
            clips = point.clips
        }
    }

    public struct EventLine: Codable {
        var kind = "event"
        let time: Double
        let event: String
        let detail: String

        public init(time: Double, event: String, detail: String) {
            self.time = time
            self.event = event
            self.detail = detail
        }
    }

    /// What people read, for programs that pass it on.
    public struct MessageLine: Codable {
        var kind = "message"
        let time: Double
        let message: String

        public init(time: Double, message: String) {
            self.time = time
            self.message = message
        }
    }

    /// How a run ended, the last line of a report; no part of `metrics.jsonl`.
    public struct EndLine: Codable {
        var kind = "end"
        let time: Double
        /// `completed`, `stopped` or `failed`.
        let outcome: String
        let step: UInt64?
        let reason: String?
        let weightsSha256: String?

        public init(
            time: Double, outcome: String, step: UInt64? = nil, reason: String? = nil,
            weightsSha256: String? = nil
        ) {
            self.time = time
            self.outcome = outcome
            self.step = step
            self.reason = reason
            self.weightsSha256 = weightsSha256
        }
    }

    private let encoder: JSONEncoder

    public init() { encoder = Self.encoder() }

    /// Keys in order and in snake case; a diverging run is worth its metrics too.
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }

    public func line(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
