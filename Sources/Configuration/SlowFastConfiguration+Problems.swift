extension SlowFastConfiguration {
    func problems(at path: String, input: InputConfiguration) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.requireAlpha(alpha, key: "alpha", frames: input.frames)
        checker.require("width", width, in: 1...Limits.channels)
        checker.require("beta_inverse", betaInverse, in: 1...Limits.channels)
        checker.require(
            betaInverse < 1 || width.isMultiple(of: betaInverse), "beta_inverse", is: betaInverse,
            "must divide width (\(width))", .conflict)
        checker.requireStages(
            layers, key: "layers", stages: 4...4, size: input.size, sizeKey: "input.size")
        checker.require("fusion_ratio", fusionRatio, in: 1...Limits.channels)
        checker.require("fusion_kernel", fusionKernel, in: 1...Limits.frames)
        checker.require(
            !fusionKernel.isMultiple(of: 2), "fusion_kernel", is: fusionKernel,
            "must be odd, so that the lateral connection keeps the frames aligned")
        checker.requireFraction("dropout", dropout)
        checker.require("sharing.templates", sharing.templates, in: 1...Limits.templates)
        return checker.problems
    }
}
