extension ScheduleConfiguration {
    init(reading section: inout SectionReader) {
        let standard = ScheduleConfiguration()
        let kind: Kind = section.choice("kind", default: standard.kind)
        let warmupEpochs = section.number("warmup_epochs", default: standard.warmupEpochs)
        let warmupFactor = section.number("warmup_factor", default: standard.warmupFactor)
        var finalFactor = standard.finalFactor
        switch kind {
        case .cosine: finalFactor = section.number("final_factor", default: finalFactor)
        case .constant: section.exclude(["final_factor"], owner: "kind cosine")
        }
        self.init(
            kind: kind, warmupEpochs: warmupEpochs, warmupFactor: warmupFactor,
            finalFactor: finalFactor)
    }

    var canonical: CanonicalValue {
        let entries: [CanonicalValue.Entry] = [
            .bits("kind", .choice(kind)),
            .bits("warmup_epochs", .number(warmupEpochs)),
            .bits("warmup_factor", .number(warmupFactor)),
        ]
        return .section(
            kind == .cosine ? entries + [.bits("final_factor", .number(finalFactor))] : entries)
    }
}
