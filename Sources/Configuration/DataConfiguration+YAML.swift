extension DataConfiguration {
    init(reading section: inout SectionReader) {
        let standard = DataConfiguration(path: "")
        self.init(
            path: section.text("path"),
            trainSplit: section.text("train_split", default: standard.trainSplit),
            validationSplit: section.text("validation_split", default: standard.validationSplit),
            flip: section.flag("flip", default: standard.flip),
            crop: section.choice("crop", default: standard.crop),
            window: section.choice("window", default: standard.window))
    }

    var canonical: CanonicalValue {
        .section([
            .neutral("path", .text(path)),
            .bits("train_split", .text(trainSplit)),
            .neutral("validation_split", .text(validationSplit)),
            .bits("flip", .flag(flip)),
            .bits("crop", .choice(crop)),
            .bits("window", .choice(window)),
        ])
    }
}
