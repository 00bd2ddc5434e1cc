/**
 * Trains with a custom loss term. Run `npx tsx examples/own-loss/main.ts`. The term `edges` compares the differences between
 * neighbouring pixels of a reconstruction with those of the image, which makes edges sharper.
 */
import { datasetOf, type LossFunction, train, useEngine } from 'rx-nvae';
import { tf } from 'rx-nvae/model';
import { filter, lastValueFrom, tap } from 'rxjs';
import { drawDisc } from '../own-dataset/drawDisc.js';
import { outputFolder } from '../support/outputFolder.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';

/** Right minus left neighbour, `[batch, height, width - 1, 3]`. */
function differences(images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  const right = tf.slice(images, [0, 0, 1, 0], [batch, height, width - 1, 3]);
  const left = tf.slice(images, [0, 0, 0, 0], [batch, height, width - 1, 3]);
  return tf.sub(right, left);
}

/** The default terms, and one more: a scalar in nats per image, like the others. */
const loss: LossFunction = ({ images, output, terms }) => {
  const wrong = tf.sub(differences(output.mean()), differences(images));
  return { ...terms, edges: tf.mul(500, tf.mean(tf.square(wrong))) as tf.Scalar };
};

const output = await outputFolder('own-loss');
await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const run$ = train(squaresConfig('epochs=4'), {
    name: 'discs',
    dataset: datasetOf(64, drawDisc, { name: 'discs' }),
    loss,
    weightsFolder: folder,
    picturesFolder: output,
    runsFolder: null,
  });
  const steps$ = run$.pipe(
    tap((event) => {
      if (event.type === 'preview') console.log(`wrote ${event.path}`);
    }),
    filter((event) => event.type === 'step'),
    tap(({ step, loss, terms = {} }) => {
      if (step % 8 !== 0) return;
      const values = Object.entries(terms).map(([name, value]) => `${name} ${value.toFixed(1)}`);
      console.log(`step ${step}: loss ${loss.toFixed(1)} = ${values.join(' + ')}`);
    }),
  );
  await lastValueFrom(steps$);
});
