extension SlowFastConfiguration {
    init(reading section: inout SectionReader) {
        let standard = SlowFastConfiguration(alpha: 1)
        self.init(
            alpha: section.integer("alpha"),
            betaInverse: section.integer("beta_inverse", default: standard.betaInverse),
            width: section.integer("width", default: standard.width),
            layers: section.integers("layers", default: standard.layers),
            fusionRatio: section.integer("fusion_ratio", default: standard.fusionRatio),
            fusionKernel: section.integer("fusion_kernel", default: standard.fusionKernel),
            block: section.choice("block", default: standard.block),
            dropout: section.number("dropout", default: standard.dropout),
            zeroInitLast: section.flag("zero_init_last", default: standard.zeroInitLast),
            sharing: section.section("sharing") { SharingConfiguration(reading: &$0) })
    }

    var entries: [CanonicalValue.Entry] {
        [
            .bits("alpha", .integer(alpha)),
            .bits("beta_inverse", .integer(betaInverse)),
            .bits("width", .integer(width)),
            .bits("layers", .integers(layers)),
            .bits("fusion_ratio", .integer(fusionRatio)),
            .bits("fusion_kernel", .integer(fusionKernel)),
            .bits("block", .choice(block)),
            .bits("dropout", .number(dropout)),
            .bits("zero_init_last", .flag(zeroInitLast)),
            .bits("sharing", sharing.canonical),
        ]
    }
}
