extension AugmentationConfiguration {
    func problems(at path: String, input: InputConfiguration) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        if let scale {
            checker.require(
                scale.lowerBound >= Double(input.size)
                    && scale.upperBound <= Double(Limits.pixels), "scale", is: scale.text,
                "must lie within model.input.size (\(input.size)) and \(Limits.pixels) pixels",
                .conflict)
            checker.require(
                area == nil, "scale", is: scale.text,
                "and \(path).area both say how large a crop is", .conflict,
                remedy: "leave one of them out")
        }
        if let area {
            checker.require(
                area.lowerBound > 0 && area.upperBound <= 1, "area", is: area.text,
                "must lie above 0 and within 1")
        }
        checker.require(
            aspect.lowerBound >= 0.1 && aspect.upperBound <= 10, "aspect", is: aspect.text,
            "must lie within 0.1 and 10")
        for (key, value) in [
            ("brightness", brightness), ("contrast", contrast), ("saturation", saturation),
        ] {
            checker.require(value >= 0 && value <= 1, key, is: value, "must be from 0 to 1")
        }
        checker.requireFraction("time", time)
        return checker.problems
    }
}

extension ClosedRange<Double> {
    /// As a configuration writes it.
    var text: String { CanonicalValue.range(self).yaml() }
}
