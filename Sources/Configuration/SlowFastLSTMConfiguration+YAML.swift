extension SlowFastLSTMConfiguration {
    init(reading section: inout SectionReader) {
        let models = section.sections(
            "models", wanted: "a list of models, each with its alpha"
        ) { section, index in TwoBranchConfiguration(reading: &section, number: index + 1) }
        self.init(
            models: models,
            slow: section.section("slow") { SlowBranchConfiguration(reading: &$0) },
            fast: section.section("fast") { FastBranchConfiguration(reading: &$0) },
            sharing: section.section("sharing") { SharingConfiguration(reading: &$0) },
            loss: section.section("loss") { LossConfiguration(reading: &$0) })
    }

    var entries: [CanonicalValue.Entry] {
        [
            .bits("models", .sections(models.map(\.canonical))),
            .bits("slow", slow.canonical),
            .bits("fast", fast.canonical),
            .bits("sharing", sharing.canonical),
            .bits("loss", loss.canonical),
        ]
    }
}

extension TwoBranchConfiguration {
    init(reading section: inout SectionReader, number: Int) {
        self.init(
            name: section.text("name", default: "f\(number)"),
            alpha: section.integer("alpha"),
            branches: section.choice("branches", default: .both),
            weight: section.number("weight", default: 1))
    }

    var canonical: CanonicalValue {
        .section([
            .neutral("name", .text(name)),
            .bits("alpha", .integer(alpha)),
            .bits("branches", .choice(branches)),
            .bits("weight", .number(weight)),
        ])
    }
}

extension SlowBranchConfiguration {
    init(reading section: inout SectionReader) {
        let standard = SlowBranchConfiguration()
        self.init(
            block: section.choice("block", default: standard.block),
            layers: section.integers("layers", default: standard.layers),
            width: section.integer("width", default: standard.width),
            shortcut: section.choice("shortcut", default: standard.shortcut))
    }

    var canonical: CanonicalValue {
        .section([
            .bits("block", .choice(block)),
            .bits("layers", .integers(layers)),
            .bits("width", .integer(width)),
            .bits("shortcut", .choice(shortcut)),
        ])
    }
}

extension FastBranchConfiguration {
    init(reading section: inout SectionReader) {
        let standard = FastBranchConfiguration()
        self.init(
            channels: section.integer("channels", default: standard.channels),
            hidden: section.integer("hidden", default: standard.hidden),
            encoder: section.choice("encoder", default: standard.encoder),
            bidirectional: section.flag("bidirectional", default: standard.bidirectional),
            heads: section.integer("heads", default: standard.heads),
            depth: section.integer("depth", default: standard.depth),
            bptt: section.optionalInteger("bptt"))
    }

    var canonical: CanonicalValue {
        .section([
            .bits("channels", .integer(channels)),
            .bits("hidden", .integer(hidden)),
            .bits("encoder", .choice(encoder)),
            .bits("bidirectional", .flag(bidirectional)),
            .bits("heads", .integer(heads)),
            .bits("depth", .integer(depth)),
            .bits("bptt", bptt.map { .integer($0) } ?? .null),
        ])
    }
}

extension SharingConfiguration {
    init(reading section: inout SectionReader) {
        let standard = SharingConfiguration()
        self.init(
            kind: section.choice("kind", default: standard.kind),
            templates: section.integer("templates", default: standard.templates))
    }

    var canonical: CanonicalValue {
        .section([.bits("kind", .choice(kind)), .bits("templates", .integer(templates))])
    }
}

extension LossConfiguration {
    init(reading section: inout SectionReader) {
        let standard = LossConfiguration()
        self.init(
            reduce: section.choice("reduce", default: standard.reduce),
            ensemble: section.number("ensemble", default: standard.ensemble))
    }

    var canonical: CanonicalValue {
        .section([.bits("reduce", .choice(reduce)), .bits("ensemble", .number(ensemble))])
    }
}
