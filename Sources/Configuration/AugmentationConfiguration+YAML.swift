extension AugmentationConfiguration {
    init(reading section: inout SectionReader) {
        let standard = AugmentationConfiguration()
        self.init(
            scale: section.optionalRange("scale", example: "[128, 160]"),
            area: section.optionalRange("area", example: "[0.25, 1]"),
            aspect: section.range("aspect", default: standard.aspect),
            brightness: section.number("brightness", default: standard.brightness),
            contrast: section.number("contrast", default: standard.contrast),
            saturation: section.number("saturation", default: standard.saturation),
            time: section.number("time", default: standard.time))
    }

    var canonical: CanonicalValue {
        .section([
            .bits("scale", .range(scale)),
            .bits("area", .range(area)),
            .bits("aspect", .range(aspect)),
            .bits("brightness", .number(brightness)),
            .bits("contrast", .number(contrast)),
            .bits("saturation", .number(saturation)),
            .bits("time", .number(time)),
        ])
    }
}
