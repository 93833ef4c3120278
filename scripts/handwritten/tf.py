"""TensorFlow: the models that come with Keras, and a U-Net of its layers, in a compiled step."""

import keras
import tensorflow as tf

OURS = {"weights": None, "classes": 10, "classifier_activation": None}


def language_model():
    return keras.Sequential(
        [
            keras.Input((20,), dtype="int32"),
            keras.layers.Embedding(10_000, 200),
            keras.layers.LSTM(200, return_sequences=True),
            keras.layers.LSTM(200, return_sequences=True),
            keras.layers.Dense(10_000),
        ]
    )


CHANNELS = (64, 128, 256, 512)


def unet():
    x = inputs = keras.Input((128, 128, 3))
    skips = []
    for number, width in enumerate(CHANNELS):
        x = twice(keras.layers.MaxPool2D()(x) if number else x, width)
        skips.append(x)
    skips.pop()
    for width in CHANNELS[-2::-1]:
        up = keras.layers.Conv2DTranspose(width, 2, 2)(x)
        x = twice(keras.layers.Concatenate()([skips.pop(), up]), width)
    return keras.Model(inputs, keras.layers.Conv2D(2, 1)(x))


def twice(x, width):
    for _ in range(2):
        x = keras.layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    return x


MODELS = {
    "unet": unet,
    "lstm": language_model,
    "mobilenet_v2": lambda: keras.applications.MobileNetV2((224, 224, 3), **OURS),
    "vgg16": lambda: keras.applications.VGG16(input_shape=(224, 224, 3), **OURS),
}


def count(model):
    return sum(int(tf.size(weight)) for weight in model.trainable_variables)


def forward(model, x):
    x = place(x)
    infer = tf.function(lambda x: model(x, training=False))
    return lambda: infer(x)


def prepare():
    """Before models are made."""
    keras.config.set_dtype_policy("mixed_bfloat16")


def train(model, x, labels, lr, decay=0.0, narrow=False):
    x, labels = place(x), tf.constant(labels)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    kind, named = (
        (keras.optimizers.AdamW, {"weight_decay": decay}) if decay else (keras.optimizers.Adam, {})
    )
    optimizer = kind(lr, **named)
    optimizer.build(model.trainable_variables)

    @tf.function
    def update(x, labels):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return lambda: update(x, labels)


def place(x):
    """On the device, images with their channels last."""
    return tf.constant(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)
