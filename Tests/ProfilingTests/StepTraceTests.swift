import Foundation
import Networks
import Profiling
import Testing

@Suite("A trace")
struct StepTraceTests {
    private struct Event: Decodable {
        let name: String
        let ph: String
        let pid: Int
        let tid: Int
        let ts: Double?
        let dur: Double?
        let args: [String: Argument]

        enum Argument: Decodable {
            case text(String)
            case number(Double)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .text(try container.decode(String.self))
                }
            }
        }
    }

    @Test(
        "is JSON whose events lie one after another within the step, each operation once a way",
        arguments: Example.allCases)
    func events(example: Example) throws {
        let profiler = try StepProfiler(try example.configuration(), threads: 2)
        let times = profiler.profile(steps: 2, warmups: 1).last
        let text = try StepTrace(times, costs: profiler.costs, name: "a \"step\"").json()
        let events = try JSONDecoder().decode([Event].self, from: Data(text.utf8))

        let tracks = events.filter { $0.ph == "M" }
        #expect(tracks.map(\.name) == ["thread_name", "thread_name", "thread_name"])
        let complete = events.filter { $0.ph == "X" }
        #expect(complete.count == events.count - 3)
        #expect(Set(complete.map(\.tid)).isSubset(of: Set(tracks.map(\.tid))))
        let step = try #require(complete.first { $0.name == "a \"step\"" })
        let stepEnd = try #require(step.ts) + #require(step.dur)
        #expect(step.ts == 0)

        var end = 0.0
        for event in complete where event.name != step.name {
            let (start, length) = (try #require(event.ts), try #require(event.dur))
            // A nanosecond for the rounding of decimal numbers.
            #expect(start >= end - 1e-3 && length >= 0, "\(event.name)")
            end = start + length
        }
        #expect(end <= stepEnd + 1e-3)

        let names = profiler.costs.map(\.name)
        let forward = complete.filter { $0.tid == 1 }.map(\.name)
        let backward = complete.filter { $0.tid == 2 }.map(\.name)
        #expect(forward == names)
        #expect(backward == names.reversed())
        #expect(complete.count { $0.name == "update" && $0.tid == step.tid } == 1)
    }
}
