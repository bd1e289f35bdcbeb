import Foundation

/// Steps as a trace that Perfetto and Chrome's `about:tracing` show: a track for the steps, and one for each worker with what it did.
///
/// An object in the Trace Event Format, as in `StepTrace`: `X` (complete) and `i` (instant) with microseconds, after `M`
/// (metadata) ones that name the tracks. Perfetto takes a span out of its track that begins before the one before it has ended, by
/// however little: here none does.
public struct TimelineTrace {
    private struct Event: Encodable {
        let name: String
        let ph: String
        let pid = 1
        let tid: UInt64
        var cat: String?
        var ts: Double?
        var dur: Double?
        /// Of an instant: the whole process.
        var s: String?
        var args: [String: String]?
    }

    /// Workers count from 1.
    private static let run: UInt64 = 0

    private var events: [Event] = []

    /// - Parameters:
    ///   - entries: In the order of the time.
    ///   - happened: What is marked on the steps' track, as far as it lies within them.
    ///   - name: The run's.
    public init(_ entries: some Collection<StepTimeline.Entry>, happened: [RunEvent], name: String)
    {
        let workers = Set(entries.flatMap { $0.workers.map(\.worker) }).sorted()
        events.append(
            Event(name: "process_name", ph: "M", tid: Self.run, args: ["name": name]))
        events.append(
            Event(name: "thread_name", ph: "M", tid: Self.run, args: ["name": "steps"]))
        for worker in workers {
            events.append(
                Event(
                    name: "thread_name", ph: "M", tid: worker, args: ["name": "worker \(worker)"]))
        }
        guard let first = entries.first else { return }
        let last = entries.reduce(first.end) { max($0, $1.end) }
        // From the first step on: microseconds since 1970 have no digits left for what is shorter.
        let zero = first.start
        var free = zero
        for entry in entries {
            // How long a step took and when it ended are told by two clocks, which differ in the last digits. Where the
            // second was set back, steps follow those before it until it has caught up.
            let shift = entry.end > free ? 0 : free - entry.start
            let (start, end) = (max(entry.start + shift, free), entry.end + shift)
            guard start < end else { continue }
            free = end
            events.append(
                Self.span("step \(entry.step)", "step", Self.run, start, end, zero))
            for worker in entry.workers {
                events += worker.spans(from: start, to: end).map { span in
                    Self.span(
                        span.phase.rawValue, "worker", worker.worker, span.start, span.end, zero,
                        ["step": "\(entry.step)"])
                }
            }
        }
        for event in happened where event.time >= zero && event.time <= last {
            events.append(
                Event(
                    name: event.kind, ph: "i", tid: Self.run, cat: "event",
                    ts: Self.microseconds(event.time - zero), s: "p",
                    args: ["detail": event.detail]))
        }
    }

    private static func span(
        _ name: String, _ category: String, _ track: UInt64, _ start: Double, _ end: Double,
        _ zero: Double, _ arguments: [String: String]? = nil
    ) -> Event {
        let start = microseconds(start - zero)
        return Event(
            name: name, ph: "X", tid: track, cat: category, ts: start,
            dur: microseconds(end - zero) - start, args: arguments)
    }

    /// Whole ones, so that sums of them are exact for every reader.
    private static func microseconds(_ seconds: Double) -> Double { (1e6 * seconds).rounded() }

    /// The trace's text, an event a line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try events.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }
}

extension MetricsHistory {
    /// The steps with what each worker did; of a step that was computed again both.
    public var timeline: [StepTimeline.Entry] {
        steps.map {
            StepTimeline.Entry(
                step: $0.step, start: $0.time - $0.seconds, end: $0.time, workers: $0.workers)
        }
    }
}
