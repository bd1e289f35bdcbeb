extension RunConfiguration {
    /// What a dataset's split holds, as far as a configuration has to fit it.
    public struct StoredClips: Sendable, Hashable {
        /// How messages name the split.
        public var split: String
        /// A stored clip: (frames, height, width, 3).
        public var frames: Int
        public var height: Int
        public var width: Int
        public var classes: Int
        public var samples: Int

        public init(
            split: String, frames: Int, height: Int, width: Int, classes: Int, samples: Int
        ) {
            self.split = split
            self.frames = frames
            self.height = height
            self.width = width
            self.classes = classes
            self.samples = samples
        }
    }

    /// Checks the configuration against a split that it is to be trained or scored on.
    ///
    /// - Throws: `ConfigurationError` with everything that does not fit, one problem a line.
    public func check(
        against clips: StoredClips, forTraining: Bool = true
    ) throws(ConfigurationError) {
        var checker = RangeChecker(at: "")
        let split = "split \"\(clips.split)\" of \(data.path)"
        let fitting = (clips.frames - 1) / data.stride + 1
        checker.require(
            model.input.frames <= fitting, "model.input.frames", is: model.input.frames,
            "but \(split) stores \(clips.frames) frames a clip"
                + (data.stride > 1 ? ", and data.stride takes every \(data.stride)-th" : ""),
            .dataset,
            remedy: "lower it to \(fitting) or less, "
                + (data.stride > 1 ? "lower the stride, " : "")
                + "or pack the clips with more frames")
        // What resizes training clips lets evaluation enlarge smaller ones, too.
        let resizes = data.augment.scale != nil || data.augment.area != nil
        let side = min(clips.height, clips.width)
        checker.require(
            side >= model.input.size || resizes, "model.input.size", is: model.input.size,
            "but \(split) stores frames of \(clips.height)x\(clips.width)", .dataset,
            remedy: "lower it to \(side) or less, or pack the clips larger")
        checker.require(
            clips.classes == model.classes, "model.classes", is: model.classes,
            "but \(split) has \(clips.classes) classes", .dataset,
            remedy: forTraining
                ? "use --set model.classes=\(clips.classes)"
                : "name clips of the classes that the model was trained on")
        checker.require(
            clips.samples >= 1, "data.train_split", is: "\"\(clips.split)\"",
            "but \(split) holds no clip", .dataset)
        // The clips of an epoch's short last batch may leave a slot with a single one.
        if forTraining && clips.samples >= 1 && !clips.samples.isMultiple(of: train.batch) {
            checker.add(batchNormProblems(smallestSlot: 1))
        }
        if !checker.problems.isEmpty { throw ConfigurationError(checker.problems) }
    }
}
