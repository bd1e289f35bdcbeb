extension TrainingConfiguration {
    init(reading section: inout SectionReader) {
        let standard = TrainingConfiguration()
        self.init(
            batch: section.integer("batch", default: standard.batch),
            slots: section.integer("slots", default: standard.slots),
            precision: section.choice("precision", default: standard.precision),
            epochs: section.integer("epochs", default: standard.epochs),
            steps: section.optionalInteger("steps"),
            optimizer: section.section("optimizer") { OptimizerConfiguration(reading: &$0) },
            schedule: section.section("schedule") { ScheduleConfiguration(reading: &$0) },
            labelSmoothing: section.number("label_smoothing", default: standard.labelSmoothing),
            mixup: section.number("mixup", default: standard.mixup),
            clipNorm: section.optionalNumber("clip_norm"),
            ema: section.number("ema", default: standard.ema),
            freeze: section.texts(
                "freeze", default: standard.freeze, example: "[models.*.slow]"),
            from: section.optionalText("from"), fromSHA256: section.optionalText("from_sha256"),
            checkpointEvery: section.cadence(
                "checkpoint_every", default: standard.checkpointEvery),
            keepCheckpoints: section.integer("keep_checkpoints", default: standard.keepCheckpoints),
            evaluateEveryEpochs: section.integer(
                "evaluate_every_epochs", default: standard.evaluateEveryEpochs))
    }

    var canonical: CanonicalValue {
        .section([
            .bits("batch", .integer(batch)),
            .bits("slots", .integer(slots)),
            .bits("precision", .choice(precision)),
            .bits("epochs", .integer(epochs)),
            .neutral("steps", steps.map { .integer($0) } ?? .null),
            .bits("optimizer", optimizer.canonical),
            .bits("schedule", schedule.canonical),
            .bits("label_smoothing", .number(labelSmoothing)),
            .bits("mixup", .number(mixup)),
            .bits("clip_norm", clipNorm.map { .number($0) } ?? .null),
            .bits("ema", .number(ema)),
            .bits("freeze", .texts(freeze)),
            .neutral("from", from.map { .text($0) } ?? .null),
            .bits("from_sha256", fromSHA256.map { .text($0) } ?? .null),
            .neutral("checkpoint_every", .scalar(checkpointEvery.text)),
            .neutral("keep_checkpoints", .integer(keepCheckpoints)),
            .neutral("evaluate_every_epochs", .integer(evaluateEveryEpochs)),
        ])
    }
}
