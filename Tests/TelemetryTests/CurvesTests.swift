import Telemetry
import Testing

@Suite("Learning curves")
struct CurvesTests {
    @Test("stay within their room, keep every step's weight and end with the newest step")
    func bounded() {
        var curves = LearningCurves(limit: 16)
        for step in 1...1000 {
            curves.append(step: UInt64(step), loss: Double(step), accuracy: 0.25)
            #expect(curves.points.count <= 16)
            #expect(curves.points.last?.step == UInt64(step))
            #expect(curves.points.reduce(0) { $0 + $1.steps } == step)
        }
        let mean = curves.points.reduce(0) { $0 + $1.loss * Double($1.steps) } / 1000
        #expect(abs(mean - 500.5) < 1e-9)
        #expect(curves.points.allSatisfy { abs($0.accuracy - 0.25) < 1e-12 })
        #expect(curves.points.map(\.step) == curves.points.map(\.step).sorted())
    }

    @Test("steps that are computed again take the place of those that were")
    func rewound() {
        var curves = LearningCurves()
        for step in 1...10 { curves.append(step: UInt64(step), loss: 1, accuracy: 0) }
        curves.append(step: 6, loss: 2, accuracy: 0)
        #expect(curves.points.map(\.step) == [1, 2, 3, 4, 5, 6])
        #expect(curves.points.last?.loss == 2)
    }

    @Test("a worker's phases lie one after another within its step, and the rest of it is waiting")
    func spans() {
        let worker = StepTimeline.Worker(
            worker: 1, times: PhaseSeconds(stream: 0.5, compute: 2, reduce: 1, update: 0.25))
        let spans = worker.spans(from: 10, to: 14)
        #expect(spans.map(\.phase) == [.update, .stream, .compute, .reduce, .wait])
        #expect(spans.first?.start == 10 && spans.last?.end == 14)
        #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.end == $1.start })
        // What a worker says of itself may be more than the step took by the coordinator's clock.
        let short = worker.spans(from: 10, to: 11)
        #expect(short.last?.end == 11 && short.allSatisfy { $0.end <= 11 && $0.end > $0.start })
    }

    @Test("a timeline keeps the newest steps and stays within its room")
    func timeline() {
        var timeline = StepTimeline(limit: 100)
        let worker = StepTimeline.Worker(
            worker: 1, times: PhaseSeconds(stream: 0, compute: 1, reduce: 0, update: 0))
        for step in 1...1000 {
            timeline.append(
                StepTimeline.Entry(
                    step: UInt64(step), start: Double(step), end: Double(step) + 1,
                    workers: [worker]))
            #expect(timeline.entries.count <= 50)
            #expect(timeline.entries.last?.step == UInt64(step))
        }
    }
}
