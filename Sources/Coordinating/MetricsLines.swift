import Foundation
import TrainingProtocol

/// What a run measures as lines of JSON: one object a step, an evaluation, an event.
struct MetricsLines {
    /// Seconds that a member spent in each phase of a step.
    struct Times: Codable {
        let clips: Double
        let compute: Double
        let reduce: Double
        let update: Double

        init(_ times: PhaseTimes) {
            clips = times.waitingForClips.inSeconds
            compute = times.computing.inSeconds
            reduce = times.reducing.inSeconds
            update = times.updating.inSeconds
        }
    }

    struct StepLine: Codable {
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
        let times: [Times]
    }

    struct EvaluationLine: Codable {
        var kind = "evaluation"
        let time: Double
        let step: UInt64
        let loss: Double
        let top1: Double
        let top5: Double
        let clips: Int
    }

    struct EventLine: Codable {
        var kind = "event"
        let time: Double
        let event: String
        let detail: String
    }

    private let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // A diverging run is worth its metrics too.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }()

    func line(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
