extension ModelConfiguration {
    init(reading section: inout SectionReader) {
        let kind: Kind = section.choice("kind", default: nil)
        let classes = section.integer("classes")
        let input = section.section("input") { section in
            InputConfiguration(frames: section.integer("frames"), size: section.integer("size"))
        }
        let architecture: Architecture
        switch kind {
        case .slowFastLSTM:
            architecture = .slowFastLSTM(SlowFastLSTMConfiguration(reading: &section))
            section.exclude(
                [
                    "alpha", "beta_inverse", "width", "layers", "fusion_ratio", "fusion_kernel",
                    "block", "dropout", "zero_init_last",
                ],
                owner: "kind slowfast")
        case .slowFast:
            architecture = .slowFast(SlowFastConfiguration(reading: &section))
            section.exclude(
                ["models", "slow", "fast", "loss"], owner: "kind slowfast-lstm")
        }
        self.init(classes: classes, input: input, architecture: architecture)
    }

    var canonical: CanonicalValue {
        let head: [CanonicalValue.Entry] = [
            .bits("kind", .choice(kind)),
            .bits("classes", .integer(classes)),
            .bits(
                "input",
                .section([
                    .bits("frames", .integer(input.frames)),
                    .bits("size", .integer(input.size)),
                ])),
        ]
        switch architecture {
        case .slowFastLSTM(let configuration): return .section(head + configuration.entries)
        case .slowFast(let configuration): return .section(head + configuration.entries)
        }
    }
}
