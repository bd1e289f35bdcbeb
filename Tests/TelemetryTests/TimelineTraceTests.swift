import Foundation
import Telemetry
import Testing

@Suite("A run's trace")
struct TimelineTraceTests {
    /// Of two workers. Every other step begins a little before the one before it has ended, as two clocks
    /// tell it.
    private var entries: [StepTimeline.Entry] {
        var end = 1.7e9
        return (1...200).map { step in
            let start = end + (step.isMultiple(of: 2) ? 4e-7 : -4e-7)
            let seconds = 0.0123457 + 1.37e-5 * Double(step)
            end = start + seconds
            let times = PhaseSeconds(
                stream: 0.1 * seconds, compute: 0.5 * seconds, reduce: 0.2 * seconds,
                update: 0.05 * seconds)
            return StepTimeline.Entry(
                step: UInt64(step), start: start, end: end,
                workers: [1, 2].map { StepTimeline.Worker(worker: $0, times: times) })
        }
    }

    @Test("no span begins before the one before it on its track has ended", arguments: 0...2)
    func overlaps(track: Int) throws {
        let trace = TimelineTrace(entries, happened: [], name: "example")
        let json = try JSONSerialization.jsonObject(with: Data(try trace.json().utf8))
        let spans = try #require(json as? [[String: Any]]).filter {
            $0["ph"] as? String == "X" && $0["tid"] as? Int == track
        }
        // Whole microseconds.
        let times = try spans.map { span in
            let start = try #require(span["ts"] as? Int)
            return (start: start, end: start + (try #require(span["dur"] as? Int)))
        }
        #expect(times.count == (track == 0 ? 200 : 1000))
        #expect(times.allSatisfy { $0.start < $0.end })
        #expect(zip(times, times.dropFirst()).allSatisfy { $0.end <= $1.start })
    }

    @Test("steps follow those before them, as long as they took, when the clock was set back")
    func clockSetBack() throws {
        let ends = [12.0, 10, 13]
        let entries = ends.enumerated().map {
            StepTimeline.Entry(
                step: UInt64($0.offset), start: $0.element - 1, end: $0.element, workers: [])
        }
        let text = try TimelineTrace(entries, happened: [], name: "example").json()
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let spans = try #require(json as? [[String: Any]]).filter { $0["ph"] as? String == "X" }
        #expect(spans.compactMap { $0["ts"] as? Int } == [0, 1_000_000, 2_000_000])
        #expect(spans.compactMap { $0["dur"] as? Int } == [1_000_000, 1_000_000, 1_000_000])
    }
}
