import Telemetry
import Testing
import TrainingProtocol

@Suite("A status as text")
struct StatusTextTests {
    private func status(_ change: (inout RunStatus) -> Void) -> RunStatus {
        var telemetry = exampleTelemetry()
        telemetry.observed(exampleOverview())
        telemetry.happened("joined", "worker 1", at: 1)
        var status = telemetry.status
        change(&status)
        return status
    }

    @Test("tells the step, the epoch and the workers")
    func summary() {
        let text = StatusText(status { $0.step = 25 }).summary
        #expect(text.hasPrefix("example: training, step 25 of 100, epoch 1 of 4"))
        #expect(text.contains("25.0 %") && text.contains("node1"))
        #expect(text.hasSuffix("worker 1"))
    }

    @Test("is a text whatever the numbers are that another process says")
    func impossibleNumbers() {
        let texts = [
            status { ($0.step, $0.epoch) = (.max, .max) },
            status { ($0.step, $0.extent.steps, $0.extent.epochs) = (.max, 1, .min) },
            status { $0.extent.steps = 0 }, status { $0.events[0].time = 1e300 },
            status { $0.events[0].time = .nan }, status { $0.events[0].time = -.infinity },
        ].map { StatusText($0).summary }
        #expect(texts.allSatisfy { $0.hasPrefix("example: training, step ") })
    }

    @Test("keeps names whole that are written with marks of their own")
    func marks() {
        let host = "e\u{301}e\u{301}e\u{301}-\u{1F9EA}"
        let text = StatusText(status { $0.workers[0].host = host }).workers
        #expect(text.contains("  \(host)  2"))
    }

    @Test("moves no cursor, whatever the names and reasons are")
    func controlCharacters() {
        let odd = "a\u{1B}[2J\rb\u{7}"
        let text = StatusText(
            status {
                $0.identity.name = odd
                $0.reason = odd + "\n" + odd
                $0.workers[0].host = odd
                $0.workers[0].activity = odd
                $0.events[0].detail = odd
            }
        ).summary
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
        #expect(text.contains("  a [2J b \n  a [2J b \n"))
    }
}
