import Charts
import Comparing
import Foundation
import Testing

@Suite("A comparison of recipes")
struct ComparisonTests {
    private func outcome(
        _ seed: UInt64, _ top1: Double, factors: (appearance: Double, motion: Double)? = nil,
        members: [RecipeOutcome.Member] = []
    ) -> RecipeOutcome {
        RecipeOutcome(
            seed: seed, top1: top1, loss: 1, factors: factors, members: members,
            pace: TrainingPace(), weightsSHA256: "")
    }

    private func row(_ name: String, _ outcomes: [RecipeOutcome]) -> Comparison.Row {
        var row = Comparison.Row(
            name: name, description: "", parameters: 1_234_567, bytesPerStep: 4_000,
            multiplyAdds: 2_500_000)
        row.outcomes = outcomes
        return row
    }

    @Test("tells the mean over seeds and the sample's standard deviation")
    func spread() throws {
        let spread = try #require(Spread([0.5, 0.7, 0.9]))
        #expect(abs(spread.mean - 0.7) < 1e-12)
        #expect(abs((spread.deviation ?? 0) - 0.2) < 1e-12)
        #expect(Spread([0.5])?.deviation == nil)
        #expect(Spread([]) == nil)
    }

    @Test("is a Markdown table of as many columns as there is to tell")
    func markdown() {
        let plain = Comparison(
            split: "val", clips: 10, classes: 3, motions: nil, workers: 1,
            rows: [row("a", [outcome(1, 0.5)]), row("b", [])])
        #expect(
            plain.markdown == """
                10 clips of 3 classes (val), 1 seed a recipe, mean ± standard deviation, 1 worker.

                | recipe | top-1 % | parameters | kB a step | M multiply-adds | clips/s |
                | --- | ---: | ---: | ---: | ---: | ---: |
                | a | 50.0 | 1,234,567 | 4.0 | 2.5 | 0 |
                | b |  | 1,234,567 | 4.0 | 2.5 |  |

                """)
        let members = [RecipeOutcome.Member(name: "f1", top1: 0.25), .init(name: "f2", top1: 1)]
        let full = Comparison(
            split: "test", clips: 10, classes: 4, motions: 2, workers: 2,
            rows: [
                row(
                    "joint",
                    [
                        outcome(1, 0.5, factors: (1, 0.5), members: members),
                        outcome(2, 0.7, factors: (1, 0.7), members: members),
                    ])
            ])
        #expect(
            full.markdown.contains(
                "| joint | 60.0 ± 14.1 | 100.0 ± 0.0 | 60.0 ± 14.1 | f1 25.0 ± 0.0, f2 100.0 ± 0.0 |"
            ))
        #expect(full.chart.series.map(\.name) == ["class", "appearance", "motion"])
        #expect(plain.chart.series.map(\.name) == ["top-1"])
        #expect(plain.chart.series[0].bars[1] == nil)
    }

    @Test("counts a step that was computed again once, with its last time")
    func pace() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "metrics-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(
            """
            {"kind":"event","time":0,"event":"joined","detail":""}
            {"kind":"step","step":1,"clips":4,"seconds":2.0}
            {"kind":"step","step":2,"clips":4,"seconds":9.0}
            {"kind":"step","step":2,"clips":4,"seconds":1.0}
            {"kind":"evaluation","step":2,"clips":100,"top1":1}

            """.utf8
        ).write(to: file)
        var pace = TrainingPace()
        try pace.add(metrics: file.path)
        #expect(pace.clips == 8)
        #expect(pace.seconds == 3)
        try Data("{".utf8).write(to: file)
        #expect(throws: ComparisonError.self) { try pace.add(metrics: file.path) }
    }
}
