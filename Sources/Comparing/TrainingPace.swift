import Foundation

/// How many clips a run was trained on, and how long its steps took.
public struct TrainingPace: Sendable, Hashable {
    public private(set) var clips = 0
    /// Wall-clock time of the steps; what evaluations and starting take is no part of it.
    public private(set) var seconds = 0.0

    public init() {}

    private struct Line: Decodable {
        let kind: String
        let step: Int?
        let clips: Int?
        let seconds: Double?
    }

    /// Adds a run's steps.
    ///
    /// - Parameter metrics: the run's `metrics.jsonl`. Of a step that was computed again after an
    ///   interruption the last line counts.
    /// - Throws: `ComparisonError.metrics` where it cannot be read.
    public mutating func add(metrics path: String) throws(ComparisonError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var steps: [Int: (clips: Int, seconds: Double)] = [:]
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for line in text.split(separator: "\n") {
                let line = try decoder.decode(Line.self, from: Data(line.utf8))
                guard line.kind == "step", let step = line.step, let clips = line.clips,
                    let seconds = line.seconds
                else { continue }
                steps[step] = (clips, seconds)
            }
        } catch {
            throw .metrics(path: path, problem: "cannot be read, \(error)")
        }
        for step in steps.keys.sorted() {
            guard let (clips, seconds) = steps[step] else { continue }
            self.clips += clips
            self.seconds += seconds
        }
    }
}
