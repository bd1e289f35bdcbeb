import Configuration
import Testing

@Suite("A configuration writes itself back")
struct CanonicalYAMLTests {
    @Test("the canonical text shows every default, in a fixed order, and loads to an equal value")
    func roundTrip() throws {
        let configuration = try RunConfiguration(yaml: example)
        let text = configuration.canonicalYAML
        #expect(try RunConfiguration(yaml: text) == configuration)
        #expect(try RunConfiguration(yaml: text).canonicalYAML == text)
        for line in [
            "  steps: null\n", "  checkpoint_every: 10 steps\n", "    decay: 0.0001\n",
            "  worker_timeout: 2 s\n", "    - name: f1\n      alpha: 4\n", "    layers: [1, 1]\n",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test("the order of keys and the style of the source do not show")
    func orderDoesNotShow() throws {
        let configuration = try RunConfiguration(yaml: example)
        let moved = example.replacing("name: example\n", with: "") + "\n\"name\": 'example'\n"
        #expect(try RunConfiguration(yaml: moved).canonicalYAML == configuration.canonicalYAML)
        let anchored = example.replacing("seed: 7", with: "seed: &s 7")
            .replacing("epochs: 3", with: "epochs: 3 # three")
        #expect(try RunConfiguration(yaml: anchored) == configuration)
    }

    @Test(
        "texts and numbers of every kind survive",
        arguments: [
            "data.path=\"no\"", "data.path=\"1e5\"", "data.path=\"a: b # c\"",
            "data.path=\"\\\"quoted\\\\\"", "data.path=视频.h5", "data.path=\"tab\\tand\\nline\"",
            "data.path=\"\\u2028 \\ufeff \\U0001F3A5\"", "data.path=/data/clips.h5",
            "data.path=\"- x\"", "data.path=\" padded \"", "data.path=true",
            "model.models.0.name=\"on\"", "train.optimizer.rate=1e-5",
            "train.optimizer.rate=4.9e-324", "train.optimizer.rate=1.7976931348623157e308",
            "train.optimizer.rate=0.1", "seed=18446744073709551615", "train.steps=12",
            "transport.prefetch_bytes=1500000", "transport.worker_timeout=1500ms",
            "transport.chunk_bytes=64KiB", "train.checkpoint_every=1 step",
            "train.optimizer={kind: adam, decoupled: false}", "train.schedule={kind: constant}",
        ])
    func values(override: String) throws {
        let configuration = try RunConfiguration(yaml: example, overrides: [override])
        let again = try RunConfiguration(yaml: configuration.canonicalYAML)
        #expect(again == configuration)
        #expect(again.canonicalYAML == configuration.canonicalYAML)
    }

    @Test("a small number is written so that a YAML 1.1 reader takes it for a number")
    func smallNumbers() throws {
        let small = try RunConfiguration(yaml: example, overrides: ["train.optimizer.rate=1e-5"])
        #expect(small.canonicalYAML.contains("rate: 1.0e-05\n"))
    }

    @Test("the digest changes with the keys that change the bits, and with no other")
    func digest() throws {
        let base = try RunConfiguration(yaml: example)
        #expect(base.digest.count == 64)
        for neutral in [
            "name=other", "data.path=b.h5", "data.validation_split=test", "train.steps=5",
            "train.checkpoint_every=2 epochs", "train.keep_checkpoints=9",
            "train.evaluate_every_epochs=0", "transport.chunk_bytes=2 MiB",
            "transport.worker_timeout=5 s", "transport.prefetch_bytes=1 MiB",
            "model.models.0.name=first",
        ] {
            let other = try RunConfiguration(yaml: example, overrides: [neutral])
            #expect(other.digest == base.digest, "\(neutral)")
            #expect(other.differences(from: base).decidingBits == [], "\(neutral)")
            #expect(other.differences(from: base).neutral.count == 1, "\(neutral)")
        }
        for deciding in [
            "seed=8", "data.flip=false", "train.batch=12", "train.slots=2", "train.epochs=4",
            "train.optimizer.rate=0.06", "train.schedule.warmup_epochs=2", "model.classes=6",
            "model.models.1.alpha=4", "data.train_split=other",
        ] {
            let other = try RunConfiguration(yaml: example, overrides: [deciding])
            #expect(other.digest != base.digest, "\(deciding)")
            #expect(other.differences(from: base).decidingBits.count == 1, "\(deciding)")
        }
    }

    @Test("differences name the keys with both values")
    func differences() throws {
        let base = try RunConfiguration(yaml: example)
        let other = try RunConfiguration(
            yaml: example, overrides: ["train.optimizer={kind: adam, rate: 0.05}", "train.steps=5"])
        let found = other.differences(from: base)
        #expect(found.decidingBits.map(\.key).contains("train.optimizer.momentum"))
        #expect(found.neutral.map(\.description) == ["train.steps (5 here, null there)"])
        #expect(
            found.decidingBits.first?.description == "train.optimizer.kind (adam here, sgd there)")
        #expect(base.differences(from: base).isEmpty)
    }
}
