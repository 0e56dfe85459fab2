using './intake.bicep'

// An example; what is also in main.bicepparam has the same value here.
param environmentName = 'prod'
param tags = {
  owner: 'marketplace-team'
}

// One instance that is always warm, for the price in docs/cost.md:
// param alwaysReadyInstances = 1

// With networkRange in main.bicepparam:
// param isPrivate = true
