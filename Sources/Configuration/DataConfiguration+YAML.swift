extension DataConfiguration {
    init(reading section: inout SectionReader) {
        let standard = DataConfiguration(path: "")
        self.init(
            path: section.text("path"),
            trainSplit: section.text("train_split", default: standard.trainSplit),
            validationSplit: section.text("validation_split", default: standard.validationSplit),
            flip: section.flag("flip", default: standard.flip),
            crop: section.choice("crop", default: standard.crop),
            window: section.choice("window", default: standard.window),
            stride: section.integer("stride", default: standard.stride),
            blur: section.number("blur", default: standard.blur),
            augment: section.section("augment") { AugmentationConfiguration(reading: &$0) })
    }

    var canonical: CanonicalValue {
        .section([
            .neutral("path", .text(path)),
            .bits("train_split", .text(trainSplit)),
            .neutral("validation_split", .text(validationSplit)),
            .bits("flip", .flag(flip)),
            .bits("crop", .choice(crop)),
            .bits("window", .choice(window)),
            .bits("stride", .integer(stride)),
            .bits("blur", .number(blur)),
            .bits("augment", augment.canonical),
        ])
    }
}
