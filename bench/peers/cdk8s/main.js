const { ApiObject, App, Chart } = require("cdk8s");

const app = new App();
const chart = new Chart(app, "ring");
for (const [i, object] of require("./objects.json").entries()) new ApiObject(chart, `${object.kind}-${i}`, object);
app.synth();
